/// How an ``EventBase`` learns what is ready.
public enum EventMethod: String, Hashable, Sendable, CaseIterable {
    /// `epoll(7)`.
    case epoll
    /// `epoll(7)`, with changes to the interest collected until the next wait. Not for descriptors that were duplicated or
    /// that a forked child has too: one that is closed here is then told as ready on and on while another has it.
    case epollChangelist = "epoll-changelist"
    /// `poll(2)`.
    case poll
    /// `select(2)`: descriptors below 1,024 only.
    case select

    /// Libevent's own name, by which it is avoided.
    var libeventName: String { self == .epollChangelist ? "epoll" : rawValue }
}
