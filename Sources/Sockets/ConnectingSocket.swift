/// A socket and how far its connect has come.
@frozen
public struct ConnectingSocket: ~Copyable, Sendable {
    public var socket: Socket
    public let outcome: ConnectOutcome

    package init(socket: consuming Socket, outcome: ConnectOutcome) {
        self.socket = socket
        self.outcome = outcome
    }

    /// The socket alone.
    public consuming func intoSocket() -> Socket {
        socket
    }
}
