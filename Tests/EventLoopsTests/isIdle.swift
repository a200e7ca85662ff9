import EventLoops
import Glibc

/// Whether a loop that has nothing to do uses less CPU than half of the time.
func isIdle(_ loop: EventLoop) async throws -> Bool {
    try await Task(executorPreference: loop) {
        let (start, usedBefore) = (ContinuousClock.now, usedByThread())
        try await loop.sleep(for: .milliseconds(50))
        return usedByThread() - usedBefore < (ContinuousClock.now - start) / 2
    }.value
}

private func usedByThread() -> Duration {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
