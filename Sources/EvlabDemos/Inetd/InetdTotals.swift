/// What the services did, for the line that is printed when they end.
public struct InetdTotals: Hashable, Sendable {
    /// Connections accepted.
    public var connections = 0
    /// Datagrams received.
    public var datagrams = 0
    /// Programs that were started and have ended.
    public var programs = 0
    /// Connections closed at once, because too many waited or there were no descriptors.
    public var refused = 0
    /// Connections closed because their program could not be started.
    public var failed = 0

    public init() {}
}
