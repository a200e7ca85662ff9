public import Libevent

/// What a loop waits with.
public struct LoopEngine: Hashable, Sendable {
    /// The kernel's interface that the native engine waits with.
    public enum Method: Hashable, Sendable, CaseIterable {
        case epoll, poll, select
    }

    enum Kind: Hashable, Sendable {
        case libevent(EventConfiguration)
        case native(Method)
    }

    let kind: Kind

    /// The kernel's epoll, with nothing in between.
    public static let native = native(.epoll)

    /// One of the kernel's interfaces, with nothing in between.
    public static func native(_ method: Method) -> LoopEngine {
        LoopEngine(kind: .native(method))
    }

    /// Libevent, on the best method that the machine has.
    public static let libevent = libevent(EventConfiguration())

    /// Libevent, made as the configuration says.
    public static func libevent(_ configuration: EventConfiguration) -> LoopEngine {
        LoopEngine(kind: .libevent(configuration))
    }
}
