/// How a program ended.
public enum ProgramEnd: Hashable, Sendable {
    /// By itself, with a code from 0 to 255.
    case exited(CInt)
    /// By a signal.
    case killed(Signal)
    /// The status is lost: other code of this process waited for the program, or SIGCHLD is ignored, and the kernel keeps no
    /// status then.
    case unknown
}
