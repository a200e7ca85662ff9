import CLinux
import Glibc
import Readiness
import SystemPackage

/// Holds threads up until it is opened, for a minute at most.
final class Gate: Sendable {
    private let waker: Waker

    init() throws {
        waker = try Waker()
    }

    func open() {
        waker.wake()
    }

    func wait() {
        var request = pollfd(fd: waker.fileDescriptor.rawValue, events: CShort(CLINUX_POLL_READABLE), revents: 0)
        while unsafe clinux_poll(&request, 1, 60_000) == -EINTR {}
    }
}
