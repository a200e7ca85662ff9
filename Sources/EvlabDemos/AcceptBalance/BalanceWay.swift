/// How several threads share one port.
public enum BalanceWay: String, Hashable, Sendable, CaseIterable {
    /// Each loop watches the same listening socket: a connection wakes all that wait, and one gets it.
    case shared
    /// The same, but the kernel wakes one of them (EPOLLEXCLUSIVE). Only the native epoll can.
    case exclusive
    /// Each thread has a listening socket of its own; the kernel spreads connections by their addresses (SO_REUSEPORT).
    case reusePort = "reuse-port"
}
