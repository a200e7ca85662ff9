/// What an echo server did, for the line that it prints when it ends.
public struct EchoTotals: Hashable, Sendable {
    /// Connections accepted.
    public var connections = 0
    /// Connections closed at once for want of descriptors.
    public var shed = 0
    /// Bytes sent back.
    public var bytes = 0

    public init() {}
}
