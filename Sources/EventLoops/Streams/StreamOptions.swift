/// The limits of a connection. The defaults are safe for a server on an open network.
public struct StreamOptions: Hashable, Sendable {
    /// Bytes that wait to be written, from which on a task that writes more is suspended, a chunk handler is given nothing
    /// more to read, and ``ChunkConnection/writeLater(_:)-(Span<UInt8>)`` does not wait; at least 1.
    public var writeWatermark = 65_536
    /// The most bytes that a chunk handler may leave waiting for a slow peer. One more, and the connection is given up:
    /// nobody else could stop a handler that writes without being asked.
    public var mostQueued = 16 * 1_048_576
    /// How long nothing at all may move on a connection before it is closed; `nil` for ever. It may take a quarter longer,
    /// never shorter.
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
