public import Sockets

/// What a load generator does on its connections, all of them to one server.
public struct LoadPlan: Sendable {
    /// How much is sent.
    public enum Amount: Sendable {
        /// Exactly this many messages, all connections together.
        case messages(Int)
        /// As many as go through in the time.
        case time(Duration)
    }

    /// The largest size of a message, in bytes.
    public static let largestSize = 16 << 20

    /// The server.
    public let address: SocketAddress
    /// Connections at a time, at least 1.
    public let connections: Int
    /// The connections on which messages go, spread over all: 1 to ``connections``.
    public let active: Int
    /// Bytes of a message, 1 to ``largestSize``.
    public let size: Int
    /// Messages under way on a connection, at least 1.
    public let depth: Int
    /// Messages a second, all connections together, whatever comes back; `nil` sends the next when one has come back.
    public let rate: Int?
    /// The process id of the server, to say what it used.
    public let server: CInt?

    public init(
        address: SocketAddress,
        connections: Int,
        active: Int? = nil,
        size: Int,
        depth: Int = 1,
        rate: Int? = nil,
        server: CInt? = nil
    ) {
        self.address = address
        self.connections = connections
        self.active = active ?? connections
        self.size = size
        self.depth = depth
        self.rate = rate
        self.server = server
    }
}
