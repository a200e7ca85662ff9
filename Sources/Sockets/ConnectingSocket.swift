/// A socket and how far its connect has come.
@frozen
public struct ConnectingSocket: ~Copyable, Sendable {
    public var socket: Socket
    public let outcome: ConnectOutcome

    /// The socket alone.
    public consuming func intoSocket() -> Socket {
        socket
    }
}
