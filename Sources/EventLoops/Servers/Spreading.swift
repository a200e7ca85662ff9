/// How a server spreads its connections over several loops.
public enum Spreading: Hashable, Sendable {
    /// Each loop has a listening socket of its own, and the kernel chooses among them by the addresses of both ends
    /// (SO_REUSEPORT): nothing goes from thread to thread, and with few clients one loop may get more of them than another.
    /// It does not share the port with other servers; see `BindOptions.reusePort` for that.
    case reusePort
    /// The first loop accepts, and hands connections to all loops in turn: each gets as many as the others, also of a unix
    /// address, for a wake-up of the other thread when a connection begins.
    case roundRobin
}
