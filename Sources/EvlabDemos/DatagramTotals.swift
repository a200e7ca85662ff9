/// What a service for datagrams did.
public struct DatagramTotals: Hashable, Sendable {
    /// Datagrams received, whatever became of them.
    public var received = 0
    /// Answers sent.
    public var answered = 0
    /// Datagrams longer than the largest that is taken: their tails are lost, so they are not answered.
    public var truncated = 0
    /// Answers that the socket had no room for, or that the network refused: as ever with datagrams, they are lost.
    public var lost = 0

    public init() {}
}
