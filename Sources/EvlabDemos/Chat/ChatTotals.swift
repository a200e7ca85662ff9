/// What a chat server did, for the line that it prints when it ends.
public struct ChatTotals: Hashable, Sendable {
    /// Connections that gave a name.
    public var members = 0
    /// Lines passed on.
    public var lines = 0
    /// Members who were dropped because they read too slowly.
    public var dropped = 0
    /// Connections closed at once for want of descriptors.
    public var refused = 0

    public init() {}
}
