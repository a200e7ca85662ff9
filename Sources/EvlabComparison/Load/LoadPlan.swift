public import Sockets

/// What a load generator does: on each connection it sends one message, waits until all of it has come back, and sends
/// the next.
public struct LoadPlan: Sendable {
    /// How much is sent.
    public enum Amount: Sendable {
        /// Exactly this many messages, all connections together.
        case messages(Int)
        /// As many as go through in the time; what the warm-up before it carries is not counted.
        case time(Duration, warmUp: Duration)
    }

    /// The largest size of a message, in bytes.
    public static let largestSize = 16 << 20

    /// The server.
    public let address: SocketAddress
    /// Connections at a time, at least 1.
    public let connections: Int
    /// Bytes of a message, 1 to ``largestSize``.
    public let size: Int
    public let amount: Amount
    /// The process id of the server, to say how much CPU it used.
    public let server: CInt?

    public init(address: SocketAddress, connections: Int, size: Int, amount: Amount, server: CInt? = nil) {
        self.address = address
        self.connections = connections
        self.size = size
        self.amount = amount
        self.server = server
    }
}
