/// What worker threads did that share their clients.
public struct OneShotTotals: Hashable, Sendable {
    public var clients = 0
    /// Connections closed for want of descriptors.
    public var shed = 0
    public var bytes = 0
    /// How often a worker was handed a client.
    public var turns = 0
    /// How often it was handed one that another worker was still at.
    public var collisions = 0
    /// Clients that were connected when the server ended, but never let in.
    public var leftOutside = 0
}
