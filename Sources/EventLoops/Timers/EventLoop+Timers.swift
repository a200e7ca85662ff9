internal import CLinux
internal import Readiness
public import Sockets

extension EventLoop {
    /// Suspends the calling task for a time, never shorter. From any thread.
    ///
    /// - Parameter delay: zero and less end in the loop's next turn; what is longer than the clock can count, 292 years, lasts
    ///   until the task is cancelled or the loop ends.
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
    /// - Parameter period: how long from tick to tick; a microsecond where it is shorter, zero or less.
    public func interval(every period: Duration) -> IntervalSequence {
        IntervalSequence(loop: self, period: min(max(period.nanoseconds, 1000), StreamLimits.forEver))
    }

    /// Runs something for a limited time; then it is cancelled. What it returns in spite of that, or of a cancellation of the
    /// calling task, is returned, so that nothing which has been read is lost; the task stays cancelled.
    ///
    /// - Parameters:
    ///   - limit: how long `body` may take. With zero or less its time is over already: it is not called.
    ///   - body: a child task, which should end soon when it is cancelled.
    /// - Throws: `timedOut` as an `IOError` when the time was over first and `body` has nothing to return, whatever it throws
    ///   then; `closed` likewise when the loop ends first; else what `body` throws.
    public func timeout<Result: Sendable>(
        _ limit: Duration,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let deadline = Self.deadline(after: limit)
        let timedOut = IOError("timeout", .timedOut, detail: "not done within \(limit)")
        guard limit > .zero else { throw timedOut }
        let outcome = await withTaskGroup(of: TimeoutEvent<Result>.self) { group in
            group.addTask {
                do {
                    return .finished(.success(try await body()))
                } catch {
                    return .finished(.failure(error))
                }
            }
            group.addTask { [self] in
                do throws(IOError) {
                    try await sleep(until: deadline)
                    return .over(timedOut)
                } catch {
                    return .over(error)
                }
            }
            return await Self.outcome(of: &group)
        }
        return try outcome.get()
    }

    /// Waits for both, so that the result counts whichever comes first.
    private static func outcome<Result>(
        of group: inout TaskGroup<TimeoutEvent<Result>>
    ) async -> Swift.Result<Result, any Error> {
        var reason: IOError?
        while let event = await group.next() {
            group.cancelAll()
            switch event {
            case .over(let error): reason = error
            case .finished(.success(let result)): return .success(result)
            // When the calling task was cancelled, both were: what `body` throws tells more.
            case .finished(.failure(let error)):
                return .failure(reason.flatMap { $0.code == .cancelled ? nil : $0 } ?? error)
            }
        }
        return .failure(reason ?? IOError("timeout", .cancelled))
    }
}
