/// What a read on a non-blocking descriptor came to.
public enum ReadOutcome: Hashable, Sendable {
    /// This many bytes were read; at least 1 unless the buffer had no room.
    case bytes(Int)
    /// Nothing to read now (EAGAIN).
    case wouldBlock
    /// The peer sends no more.
    case end
}
