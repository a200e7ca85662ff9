internal import CLinux
internal import Glibc
internal import Synchronization

/// Whether the kernel lacks epoll_pwait2(2), which came with Linux 5.11.
private let lacksNanoseconds = Atomic(false)

/// Waits for ever: the count, or -errno.
func epollWait(_ epoll: CInt, _ events: UnsafeMutablePointer<epoll_event>, _ capacity: CInt) -> CInt {
    while true {
        let result = unsafe clinux_epoll_wait(epoll, events, capacity, -1)
        if result != -EINTR { return result }
    }
}

/// Waits for at most so many nanoseconds, and not for less: the count, or -errno.
func epollWait(
    _ epoll: CInt,
    _ events: UnsafeMutablePointer<epoll_event>,
    _ capacity: CInt,
    limit: Int64
) -> CInt {
    guard limit > 0 else { return unsafe clinux_epoll_wait(epoll, events, capacity, 0) }
    let (sum, isTooFar) = clinux_monotonic_now().addingReportingOverflow(limit)
    let deadline = isTooFar ? Int64.max : sum
    var left = limit
    while true {
        let result = unsafe epollWaitOnce(epoll, events, capacity, nanoseconds: left)
        guard result == 0 || result == -EINTR else { return result }
        left = deadline - clinux_monotonic_now()
        // At the deadline one more look: what came together with the last signal is not left for the next wait.
        if left <= 0 { return result == 0 ? 0 : unsafe clinux_epoll_wait(epoll, events, capacity, 0) }
    }
}

private func epollWaitOnce(
    _ epoll: CInt,
    _ events: UnsafeMutablePointer<epoll_event>,
    _ capacity: CInt,
    nanoseconds: Int64
) -> CInt {
    if !lacksNanoseconds.load(ordering: .relaxed) {
        let result = unsafe clinux_epoll_pwait2(epoll, events, capacity, nanoseconds)
        guard result == -ENOSYS else { return result }
        lacksNanoseconds.store(true, ordering: .relaxed)
    }
    return unsafe clinux_epoll_wait(epoll, events, capacity, milliseconds(roundingUp: nanoseconds))
}

/// A time-out for the calls that count in milliseconds: never shorter, so that a short one is no busy loop.
func milliseconds(roundingUp nanoseconds: Int64) -> CInt {
    guard nanoseconds > 0 else { return 0 }
    return CInt(clamping: (nanoseconds - 1) / 1_000_000 + 1)
}

extension Duration {
    /// Whole nanoseconds, rounded up, as many as fit.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let fraction = attoseconds > 0 ? (attoseconds - 1) / 1_000_000_000 + 1 : attoseconds / 1_000_000_000
        let (sum, sumOverflow) = whole.addingReportingOverflow(fraction)
        return sumOverflow ? .max : sum
    }
}
