public import Sockets

/// Many timers, inserted and cancelled, or fired.
public final class TimerBench: LoopedBench {
    private let rounds: any TimerRounds
    private let setting: Setting

    private static let delays = [9, 3, -5, 1, 7, -2, 5, 11]
    /// In nanoseconds: half of what lies between the closest two that fire, so that no rounding of a clock matters.
    private static let longestInsertion = 1_000_000.0
    /// A try takes 11 ms and more.
    private static let tries = 200

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

    /// Each delay counts from its own insertion: where inserting took nearly as long as what lies between two of them, another
    /// order is right too, and they are inserted again.
    public func script() throws(IOError) -> [String] {
        let delays = Self.delays
        for _ in 0..<Self.tries {
            var times = TimerTimes()
            let fired = try rounds.script(delays, &times)
            guard times.insert < Self.longestInsertion else { continue }
            return fired.map { "the timer of \(delays[$0]) ms fires" } + ["\(delays.count - fired.count) are cancelled"]
        }
        throw IOError(
            "timers",
            .busy,
            detail: "the machine is too busy with other work to insert \(delays.count) timers within a millisecond"
        )
    }
}
