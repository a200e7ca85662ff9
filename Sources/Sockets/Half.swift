/// Which direction of a connection a shutdown ends (`shutdown(2)`).
public enum Half: Hashable, Sendable, CaseIterable {
    /// No more is read from this side.
    case reading
    /// The peer sees the end of the stream after the bytes already written.
    case writing
    /// Both of the above.
    case both
}
