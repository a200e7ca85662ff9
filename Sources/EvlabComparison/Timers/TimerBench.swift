public import Sockets

/// Many timers, inserted and cancelled, or fired.
public final class TimerBench: LoopedBench {
    private let rounds: any TimerRounds
    private let setting: Setting

    /// A second and more of a machine that holds this thread up each time.
    private static let tries = 100

    init(_ setting: Setting, on rounds: any TimerRounds) {
        self.setting = setting
        self.rounds = rounds
    }

    public func round() throws(IOError) -> RoundTime {
        var times = TimerTimes()
        if setting.width == 0 {
            try rounds.cancelRound(&times)
        } else {
            try rounds.fireRound(&times)
        }
        return RoundTime(operations: setting.n, nanoseconds: Int64(times.insert + times.cancel + times.fire))
    }

    /// Each delay counts from its own insertion: where inserting took longer than what lies between two of them, another order
    /// is right too, and they are inserted again.
    public func script() throws(IOError) -> [String] {
        let delays = [9, 3, -5, 1, 7, -2, 5, 11]
        var fired: [Int] = []
        for _ in 0..<Self.tries {
            var times = TimerTimes()
            fired = try rounds.script(delays, &times)
            if times.insert < 2_000_000 { break }
        }
        return fired.map { "the timer of \(delays[$0]) ms fires" } + ["\(delays.count - fired.count) are cancelled"]
    }
}
