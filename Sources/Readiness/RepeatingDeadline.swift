/// The deadlines of a repeating timer: points on a grid, one period apart. Both engines and the tasks' intervals count with
/// it, so that a late callback moves no later one.
///
/// Times are nanoseconds of the monotonic clock.
package struct RepeatingDeadline: Equatable, Sendable {
    /// The time of the next tick.
    package private(set) var next: Int64
    /// How many ticks have passed without a callback since the last one.
    package private(set) var missed = 0
    private let period: Int64

    /// - Parameters:
    ///   - first: the time of the first tick.
    ///   - period: the time from tick to tick, at least one nanosecond.
    package init(first: Int64, period: Int64) {
        next = first
        self.period = max(1, period)
    }

    /// Called before the handler: of several ticks that have come, it gets the last one, and the others count as missed.
    package mutating func tickIsDue(at now: Int64) {
        // Without the precise timer, libevent's clock may be behind this one.
        missed += pass(max(now, next)) - 1
    }

    /// Called after the handler: the ticks that came while it ran are missed.
    ///
    /// - Returns: whether ``next`` has changed.
    package mutating func handlerReturned(at now: Int64) -> Bool {
        missed = pass(now)
        return missed > 0
    }

    /// Moves ``next`` past a time, and returns how many ticks that passes.
    private mutating func pass(_ now: Int64) -> Int {
        guard now >= next else { return 0 }
        let count = (now &- next) / period + 1
        let (distance, overflow) = count.multipliedReportingOverflow(by: period)
        let (sum, isBeyond) = next.addingReportingOverflow(distance)
        next = overflow || isBeyond ? .max : sum
        return Int(count)
    }
}
