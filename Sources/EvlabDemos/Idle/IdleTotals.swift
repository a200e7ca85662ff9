/// What a server that reaps idle connections did, and what it cost.
public struct IdleTotals: Hashable, Sendable {
    /// Connections accepted.
    public var connections = 0
    /// Connections closed because they were idle for too long.
    public var reaped = 0
    /// Connections closed at once for want of descriptors.
    public var refused = 0
    /// Deadlines put in, the moved ones among them.
    public var inserted = 0
    /// Deadlines that moved, because something came.
    public var moved = 0
    /// Entries or slots of the structure that were looked at.
    public var steps = 0

    public init() {}
}
