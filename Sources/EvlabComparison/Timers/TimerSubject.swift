internal import Libevent
internal import Multiplexing
public import Sockets

/// What timers can be kept in.
public enum TimerSubject: String, CaseIterable, Sendable {
    /// Plain C on libevent's heap; its events are made once.
    case cLibevent = "c-libevent"
    /// Timers of an `EventBase`, each made anew.
    case eventBase = "event-base"
    /// Multiplexing's queue.
    case queue
    /// Timers of a `Reactor`, each made anew.
    case reactor

    /// The bench for a setting of timers.
    public func bench(_ setting: Setting) throws(IOError) -> TimerBench {
        TimerBench(setting, on: try rounds(count: setting.n))
    }

    func rounds(count: Int) throws(IOError) -> any TimerRounds {
        switch self {
        case .cLibevent: try BaselineTimers(count: count)
        case .eventBase: EngineTimers(count: count, on: try EventBase())
        case .queue: QueueTimers(count: count)
        case .reactor: EngineTimers(count: count, on: try Reactor(Epoll()))
        }
    }

    /// Inserts so many timers of a second and less, and cancels them in another order; then, with `fires`, inserts them with
    /// short times and lets them fire. All of it `rounds` times.
    ///
    /// - Returns: nanoseconds for one timer.
    public func run(count: Int, rounds: Int, fires: Bool) throws(IOError) -> TimerTimes {
        let timers = try self.rounds(count: count)
        var times = TimerTimes()
        for _ in 0..<rounds {
            try timers.cancelRound(&times)
            if fires { try timers.fireRound(&times) }
        }
        let all = Double(count * rounds)
        return TimerTimes(insert: times.insert / all, cancel: times.cancel / all, fire: times.fire / all)
    }
}
