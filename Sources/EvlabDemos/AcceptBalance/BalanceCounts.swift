/// What came to one thread.
public struct BalanceCounts: Hashable, Sendable {
    /// Connections that it got.
    public var accepted = 0
    /// How often it was told that one waits.
    public var wakeUps = 0
    /// How often it then found none, for another was faster.
    public var inVain = 0

    public init() {}
}
