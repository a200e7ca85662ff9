/// What a loop did with an event that had outlived its connection.
public struct StaleOutcome: Hashable, Sendable {
    /// Whether the newcomer got the number of the connection that was closed: otherwise there was nothing to mistake.
    public var isReused = false
    /// Events that the loop took for the newcomer's.
    public var mistaken = 0
    /// Whether the newcomer's first words arrived.
    public var isNewcomerServed = false
}
