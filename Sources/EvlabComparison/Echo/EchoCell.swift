/// One size of the echo workload: so many connections, each with one message of so many bytes under way.
public struct EchoCell: Hashable, Sendable {
    public var connections: Int
    /// Bytes of a message.
    public var size: Int

    public init(connections: Int, size: Int) {
        self.connections = connections
        self.size = size
    }
}
