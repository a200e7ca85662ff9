internal import CLinux
internal import Glibc
internal import Readiness

/// The calls that wait for descriptors.
public enum WaitCall: String, CaseIterable, Hashable, Sendable {
    case select, pselect, poll, ppoll
    case epollWait = "epoll_wait"
    case epollPwait2 = "epoll_pwait2"

    /// The smallest step of its time limit, in nanoseconds.
    public var unit: Int64 {
        switch self {
        case .select: 1000
        case .poll, .epollWait: 1_000_000
        case .pselect, .ppoll, .epollPwait2: 1
        }
    }

    /// Waits once until a descriptor is readable.
    ///
    /// - Parameters:
    ///   - number: the descriptor.
    ///   - epoll: an epoll instance that watches it.
    ///   - nanoseconds: the time limit, rounded up to the call's unit; negative for none.
    /// - Returns: how many are ready, or -errno.
    func wait(for number: CInt, epoll: CInt, nanoseconds: Int64) -> CInt {
        var limit = nanoseconds < 0 ? -1 : (nanoseconds + unit - 1) / unit
        switch self {
        case .select, .pselect:
            var sets = SelectSets(asking: [number])
            sets.askOnlyForReading()
            return self == .select ? sets.select(&limit) : sets.pselect(&limit)
        case .poll, .ppoll:
            var request = pollfd(fd: number, events: CShort(Interest.readable.rawValue), revents: 0)
            return self == .poll
                ? unsafe clinux_poll(&request, 1, CInt(clamping: limit)) : unsafe clinux_ppoll(&request, 1, limit)
        case .epollWait, .epollPwait2:
            var event = unsafe epoll_event()
            return self == .epollWait
                ? unsafe clinux_epoll_wait(epoll, &event, 1, CInt(clamping: limit))
                : unsafe clinux_epoll_pwait2(epoll, &event, 1, limit)
        }
    }
}
