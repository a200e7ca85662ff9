/// What a read on a non-blocking descriptor came to.
public enum ReadOutcome: Hashable, Sendable {
    /// This many bytes were read: 0 if the buffer had no room or the message was empty, else at least 1.
    case bytes(Int)
    /// Nothing to read now (EAGAIN).
    case wouldBlock
    /// The peer sends no more. On the master side of a pseudoterminal, no program has the terminal open.
    case end
}
