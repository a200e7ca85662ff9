internal import Readiness
public import Sockets

/// Bytes from pair to pair, round by round.
public final class PipeBench: LoopedBench {
    /// So many bytes a round that starting one is nothing beside them, and few enough for the slowest.
    private static let writes = 200

    private let rounds: any PipeRounds
    private let setting: Setting

    init(_ setting: Setting, on rounds: any PipeRounds) {
        self.setting = setting
        self.rounds = rounds
    }

    public func round() throws(IOError) -> RoundTime {
        try RoundTime.of { () throws(IOError) in
            if setting.workload == .cascade { return try rounds.cascade() }
            return try rounds.run(active: setting.width, writes: max(Self.writes, setting.width))
        }
    }

    /// Which pairs bytes were read from does not depend on their order, nor on how many a wait reports.
    public func script() throws(IOError) -> [String] {
        var lines: [String] = []
        if setting.workload == .cascade {
            for round in 1...2 {
                lines.append(try step("cascade \(round)") { () throws(IOError) in try rounds.cascade() })
            }
            return lines
        }
        for (active, writes) in [(1, 0), (1, 1), (1, setting.n), (1, 3 * setting.n + 1), (setting.width, 0)] {
            let name = "\(active) active, \(writes) written on"
            lines.append(try step(name) { () throws(IOError) in try rounds.run(active: active, writes: writes) })
        }
        return lines
    }

    private func step(_ name: String, _ body: () throws(IOError) -> Int) throws(IOError) -> String {
        let before = rounds.sum
        let bytes = try body()
        return "\(name): \(counted(bytes, "byte")) from pairs that add up to \(rounds.sum - before)"
    }
}
