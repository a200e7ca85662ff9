internal import CLinux

/// Ticks at a steady pace; each element counts the ticks so far, the missed ones among them.
public struct IntervalSequence: AsyncSequence, Sendable {
    let loop: EventLoop
    let period: Int64

    public func makeAsyncIterator() -> Iterator {
        Iterator(loop: loop, period: period, start: clinux_monotonic_now())
    }

    /// Where one task is in the sequence.
    public struct Iterator: AsyncIteratorProtocol {
        let loop: EventLoop
        let period: Int64
        let start: Int64
        var count: Int64 = 0

        /// Waits for the next tick; `nil` when the task was cancelled or the loop has ended.
        public mutating func next() async -> Int? {
            let passed = (clinux_monotonic_now() - start) / period
            count = Swift.max(count, passed) + 1
            do {
                try await loop.sleep(until: start &+ count &* period)
            } catch {
                return nil
            }
            return Int(count)
        }
    }
}
