internal import CBaselines
internal import Sockets
internal import SystemPackage

/// The timer workload in plain C on libevent's heap.
@safe
final class BaselineTimers: TimerRounds {
    private let timers: OpaquePointer

    init(count: Int) throws(IOError) {
        var timers: OpaquePointer?
        let result = unsafe cbaseline_timers_open(&timers, CInt(clamping: count))
        guard result == 0, let timers = unsafe timers else {
            throw IOError("timers", errno: Errno(rawValue: -result))
        }
        unsafe self.timers = timers
    }

    deinit {
        unsafe cbaseline_timers_close(timers)
    }

    func cancelRound(_ times: inout TimerTimes) {
        var taken = cbaseline_timer_times()
        unsafe cbaseline_timers_cancel_round(timers, &taken)
        times.insert += Double(taken.insert)
        times.cancel += Double(taken.cancel)
    }

    func fireRound(_ times: inout TimerTimes) {
        var taken = cbaseline_timer_times()
        unsafe cbaseline_timers_fire_round(timers, &taken)
        times.fire += Double(taken.fire)
    }

    func script(_ delays: [Int], _ times: inout TimerTimes) -> [Int] {
        let numbers = delays.map { CInt(clamping: $0) }
        var order = [CInt](repeating: 0, count: delays.count)
        var taken = cbaseline_timer_times()
        let fired = unsafe numbers.withUnsafeBufferPointer { numbers in
            unsafe order.withUnsafeMutableBufferPointer { order in
                let count = CInt(numbers.count)
                return unsafe cbaseline_timers_script(timers, numbers.baseAddress, count, order.baseAddress, &taken)
            }
        }
        times.insert += Double(taken.insert)
        return order.prefix(Int(fired)).map { Int($0) }
    }
}
