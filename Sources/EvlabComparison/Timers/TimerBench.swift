public import Sockets

/// Many timers, inserted and cancelled, or fired.
public final class TimerBench: LoopedBench {
    private let rounds: any TimerRounds
    private let setting: Setting

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

    /// Far enough apart that a machine that is late fires them in the same order.
    public func script() throws(IOError) -> [String] {
        let delays = [9, 3, -5, 1, 7, -2, 5, 11]
        let fired = try rounds.script(delays)
        return fired.map { "the timer of \(delays[$0]) ms fires" } + ["\(delays.count - fired.count) are cancelled"]
    }
}
