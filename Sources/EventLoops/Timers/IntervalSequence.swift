internal import CLinux
internal import Readiness

/// Ticks at a steady pace. Each element is the number of ticks so far, missed ones included: after a wait that took too long
/// it grows by more than one.
public struct IntervalSequence: AsyncSequence, Sendable {
    let loop: EventLoop
    let period: Int64

    public func makeAsyncIterator() -> Iterator {
        let first = clinux_monotonic_now().addingReportingOverflow(period)
        return Iterator(
            loop: loop,
            ticks: RepeatingDeadline(first: first.overflow ? .max : first.partialValue, period: period)
        )
    }

    /// Where one task is in the sequence.
    public struct Iterator: AsyncIteratorProtocol {
        let loop: EventLoop
        var ticks: RepeatingDeadline
        var count = 0

        /// Waits for the next tick; `nil` when the task was cancelled or the loop has ended.
        public mutating func next() async -> Int? {
            _ = ticks.handlerReturned(at: clinux_monotonic_now())
            do {
                try await loop.sleep(until: ticks.next)
            } catch {
                return nil
            }
            ticks.tickIsDue(at: clinux_monotonic_now())
            count += 1 + ticks.missed
            return count
        }
    }
}
