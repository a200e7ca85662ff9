/// What a watcher wants to hear of. Errors and hang-ups are reported whether asked for or not.
///
/// The values are those of `poll(2)` and `epoll_ctl(2)`.
public struct Interest: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// A read would not block: data, a waiting connection, the end of the stream or an error.
    @inlinable public static var readable: Interest { Interest(rawValue: 1) }
    /// A write would not block: room, a finished connect or an error.
    @inlinable public static var writable: Interest { Interest(rawValue: 4) }
    /// Out-of-band data (POLLPRI).
    @inlinable public static var priority: Interest { Interest(rawValue: 2) }
    /// The peer has shut its writing half (POLLRDHUP), known before the data is read.
    @inlinable public static var peerClosed: Interest { Interest(rawValue: 0x2000) }
    /// Nothing but a failure, such as a reset by the peer (POLLERR), reported once as ``ReadyEvents/error``, or the end of
    /// both directions, as ``ReadyEvents/hangUp``: for a watch that is paused, and is the only one of its descriptor. Beside
    /// another interest it adds nothing. With libevent's poll a reset is not reported if the peer's
    /// output had ended before. Select and libevent's change list do not offer it.
    @inlinable public static var failure: Interest { Interest(rawValue: 8) }
}
