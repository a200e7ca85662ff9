internal import CBaselines
internal import Multiplexing
public import Sockets
internal import SystemPackage

/// What timers can be kept in.
public enum TimerSubject: String, CaseIterable, Sendable {
    /// Plain C on libevent's heap.
    case cLibevent = "c-libevent"
    /// Multiplexing's queue.
    case queue

    /// Inserts so many timers of a second and less, and cancels them in another order; then, with `fires`, inserts them with
    /// short times and lets them fire. All of it `rounds` times.
    public func run(count: Int, rounds: Int, fires: Bool) throws(IOError) -> TimerTimes {
        switch self {
        case .cLibevent:
            var times = cbaseline_timer_times()
            let result = unsafe cbaseline_timers(CInt(clamping: count), CInt(clamping: rounds), fires, &times)
            guard result >= 0 else { throw IOError("timers", errno: Errno(rawValue: CInt(clamping: -result))) }
            let timers = Double(count * rounds)
            return TimerTimes(
                insert: Double(times.insert) / timers,
                cancel: Double(times.cancel) / timers,
                fire: Double(times.fire) / timers
            )
        case .queue:
            var workload = TimerWorkload(count: count)
            for _ in 0..<rounds { workload.runRound(fires: fires) }
            return workload.times(rounds: rounds)
        }
    }
}
