/// What a read on a non-blocking descriptor came to.
public enum ReadOutcome: Hashable, Sendable {
    /// This many bytes were read; at least 1, except for an empty datagram.
    case bytes(Int)
    /// Nothing to read now (EAGAIN).
    case wouldBlock
    /// The peer sends no more.
    case end
}
