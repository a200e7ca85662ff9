internal import CLinux
internal import Glibc
internal import Synchronization

/// Whether the kernel lacks epoll_pwait2(2), which came with Linux 5.11, or a sandbox keeps it from us.
let lacksNanoseconds = Atomic(false)

/// Waits for ever: the count, or -errno.
func epollWait(_ epoll: CInt, _ events: UnsafeMutablePointer<epoll_event>, _ capacity: CInt) -> CInt {
    while true {
        let result = unsafe clinux_epoll_wait(epoll, events, capacity, -1)
        if result != -EINTR { return result }
    }
}

/// Looks without waiting: the count, or -errno.
func epollLook(_ epoll: CInt, _ events: UnsafeMutablePointer<epoll_event>, _ capacity: CInt) -> CInt {
    unsafe clinux_epoll_wait(epoll, events, capacity, 0)
}

/// Waits until a point in time at the latest, and if nothing comes not for less: the count, or -errno.
func epollWait(
    _ epoll: CInt,
    _ events: UnsafeMutablePointer<epoll_event>,
    _ capacity: CInt,
    until deadline: MonotonicInstant
) -> CInt {
    while true {
        let now = MonotonicInstant.now
        // At the deadline one more look: what came together with the last signal is not left for the next wait.
        guard now < deadline else { return unsafe epollLook(epoll, events, capacity) }
        let left = deadline.nanoseconds - now.nanoseconds
        let result = unsafe epollWaitOnce(epoll, events, capacity, nanoseconds: left)
        if result != 0 && result != -EINTR { return result }
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
        // Some sandboxes answer EPERM to the calls that they do not know; the kernel never does to this one.
        guard result == -ENOSYS || result == -EPERM else { return result }
        lacksNanoseconds.store(true, ordering: .relaxed)
    }
    return unsafe clinux_epoll_wait(epoll, events, capacity, milliseconds(roundingUp: nanoseconds))
}

/// A time-out for the calls that count in milliseconds: never shorter, so that a short one is no busy loop.
func milliseconds(roundingUp nanoseconds: Int64) -> CInt {
    guard nanoseconds > 0 else { return 0 }
    return CInt(clamping: (nanoseconds - 1) / 1_000_000 + 1)
}
