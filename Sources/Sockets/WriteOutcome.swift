/// What a write on a non-blocking descriptor came to.
public enum WriteOutcome: Hashable, Sendable {
    /// This many bytes were taken; fewer than were offered when the buffer of the socket filled.
    case bytes(Int)
    /// No room now (EAGAIN).
    case wouldBlock
}
