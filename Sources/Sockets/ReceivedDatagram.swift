/// One datagram as it was received.
public struct ReceivedDatagram: Hashable, Sendable {
    /// The bytes placed in the buffer.
    public let count: Int
    /// Who sent it; `nil` where the kernel does not tell: for the messages of a connection, a unix socket without a name,
    /// and a family that this package does not know.
    public let sender: SocketAddress?
    /// Whether the datagram was longer than the buffer, so that its tail is lost (MSG_TRUNC).
    public let isTruncated: Bool
}
