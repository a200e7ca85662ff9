internal import CLinux
internal import Readiness
public import Sockets

extension EventLoop {
    /// Suspends the calling task for a time, never shorter. From any thread.
    ///
    /// - Throws: `cancelled` at once when the task is cancelled, `closed` when the loop ends.
    public func sleep(for delay: Duration) async throws(IOError) {
        try await sleep(until: Self.deadline(after: delay))
    }

    func sleep(until deadline: Int64) async throws(IOError) {
        switch await Sleeper(self, until: deadline).sleep() {
        case .ready, .timedOut: return
        case .cancelled, .isForeign: throw IOError("sleep", .cancelled)
        case .closed: throw IOError("sleep", .closed, detail: "the loop was shut down")
        }
    }

    static func deadline(after delay: Duration) -> Int64 {
        let (deadline, overflow) = clinux_monotonic_now().addingReportingOverflow(max(0, delay.nanoseconds))
        return overflow ? .max : deadline
    }

    /// Ticks at a steady pace, the first one period after the iteration begins and the others at multiples of the period.
    ///
    /// A tick that comes late does not shift the later ones. A tick that passes while the task is busy is not made up for;
    /// the elements, which number the ticks, show the gap.
    ///
    /// The sequence ends when its task is cancelled or the loop ends.
    /// - Parameter period: how long from tick to tick; at least a microsecond is used.
    public func interval(every period: Duration) -> IntervalSequence {
        IntervalSequence(loop: self, period: min(max(period.nanoseconds, 1000), StreamLimits.forEver))
    }

    /// Runs something for a time at most; then it is cancelled. What it finishes in spite of that is returned, so that a
    /// time-out loses nothing which has been read.
    ///
    /// - Throws: `timedOut` as an `IOError` when the time was over first and `body` has nothing to return, whatever it throws
    ///   then; else what `body` throws, and `closed` when the loop ends first.
    public func timeout<Result: Sendable>(
        _ limit: Duration,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask { [self] in
                try await sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            if let first = try await group.next(), let result = first { return result }
            group.cancelAll()
            if let second = try? await group.next(), let result = second { return result }
            throw IOError("timeout", .timedOut, detail: "not done within \(limit)")
        }
    }
}
