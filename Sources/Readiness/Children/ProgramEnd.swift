/// How a program ended.
public enum ProgramEnd: Hashable, Sendable {
    /// By itself, with a code from 0 to 255.
    case exited(CInt)
    /// By a signal.
    case killed(Signal)
    /// Somebody else in this process waited for it and took the answer.
    case unknown
}
