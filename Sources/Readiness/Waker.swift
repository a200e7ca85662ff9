internal import CLinux
public import Sockets
internal import Synchronization
public import SystemPackage

/// Ends the wait of a multiplexer from other threads (`eventfd(2)`): watch it for `readable`, and call ``acknowledge()`` when
/// its event comes.
///
/// It wakes the current wait or, if none, the next. However many threads wake it before it is acknowledged, one event comes,
/// and one of them makes a system call.
///
///     let waker = try Waker()
///     try epoll.add(waker, for: .readable, token: 0)
///     // Any thread: first leave what is to be found, then
///     waker.wake()
///     // The thread that waits, at the event of token 0:
///     waker.acknowledge()     // then look for what was left
public final class Waker: Sendable, DescriptorHolder {
    private let event: Descriptor
    private let isPending = Atomic(false)

    /// - Throws: `noDescriptors`.
    public init() throws(IOError) {
        event = Descriptor(number: try checked("eventfd", clinux_eventfd(0)))
    }

    /// Readable from a wake until it is acknowledged.
    public var fileDescriptor: FileDescriptor { event.fileDescriptor }

    /// Wakes, from any thread. What the thread has written before is seen after the ``acknowledge()``.
    public func wake() {
        guard !isPending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        clinux_eventfd_signal(event.fileDescriptor.rawValue)
    }

    /// Gets ready for the next wake. Call it first and look for work then: who wakes from here on is heard again.
    public func acknowledge() {
        // In this order: a wake in between finds that one is pending and writes nothing, and its work is found by the look
        // that follows. The other way round its event would be taken and it would stay pending for ever.
        _ = clinux_eventfd_take(event.fileDescriptor.rawValue)
        _ = isPending.exchange(false, ordering: .acquiringAndReleasing)
    }
}
