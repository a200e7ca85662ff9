/// A connection that a listening socket gave out.
@frozen
public struct AcceptedSocket: ~Copyable, Sendable {
    public var socket: Socket
    /// The address of the peer; `nil` when it is of a family that this package does not know.
    public let peer: SocketAddress?

    /// The socket alone.
    public consuming func intoSocket() -> Socket {
        socket
    }
}
