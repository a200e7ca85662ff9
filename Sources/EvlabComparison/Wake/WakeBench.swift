public import Sockets

/// Round trips between a loop and a thread that wakes it.
public final class WakeBench: LoopedBench {
    private static let count = 20

    private let rounds: any WakeRounds

    init(on rounds: any WakeRounds) {
        self.rounds = rounds
    }

    public func round() throws(IOError) -> RoundTime {
        try RoundTime.of { () throws(IOError) in try rounds.run(Self.count) }
    }

    public func script() throws(IOError) -> [String] {
        var lines: [String] = []
        for count in [1, 2, 100] { lines.append("told \(count) times, woken \(try rounds.run(count)) times") }
        return lines
    }
}
