/// The limits of a connection. The defaults are safe for a server on an open network.
///
/// A time of zero or less is over already: a read or a write that has to wait throws `timedOut`, a connection on which nothing
/// moves is closed, and one that has been finished does not wait for its peer.
public struct StreamOptions: Hashable, Sendable {
    /// Bytes that wait to be written, from which on a task that writes more is suspended, a chunk handler is given nothing
    /// more to read, and ``ChunkConnection/writeLater(_:)-(Span<UInt8>)`` does not wait; at least 1.
    public var writeWatermark = 65_536
    /// The most bytes that a chunk handler may have queued for a slow peer. A write that would exceed it throws
    /// `queueFull`; one that finds nothing queued is accepted whole, whatever its size.
    public var mostQueued = 16 * 1_048_576
    /// How long nothing at all may move on a connection before it is closed with `timedOut`; `nil` for no limit. It may
    /// take a quarter longer, never shorter.
    ///
    /// Bytes that are read or written count, and so do bytes that the peer acknowledges: a peer that reads slowly is not
    /// idle, one that takes nothing is. The time in which a handler computes or waits for something else counts as idle.
    public var idle: Duration? = .seconds(600)
    /// How long a task's read may take until it throws `timedOut`; `nil` for ever. An exact or a delimited read counts as
    /// one, however many pieces it comes in.
    public var read: Duration?
    /// How long a task's write may be suspended until it throws `timedOut`; `nil` for ever.
    public var write: Duration?
    /// How long a connection that has been finished waits for its peer to finish too, so that the kernel does not throw
    /// away what the peer has not yet read.
    public var linger: Duration = .seconds(2)
    /// Send small segments at once instead of collecting them (TCP_NODELAY).
    public var noDelay = true

    public init() {}
}
