/// How many events a base has, by what they do. Our own events, for posts and signals, are among them.
public struct EventCounts: Hashable, Sendable {
    /// Added, or due without having been added.
    public let added: Int
    /// Due to be called back.
    public let active: Int
    /// Keeping the loop alive without waiting for anything themselves.
    public let virtual: Int
}
