package import Readiness

/// Observers that report alike.
package enum ObserverFamily: String, Hashable, Sendable, CaseIterable {
    case select, poll, epoll
    /// On poll or epoll.
    case reactor
    case reactorSelect
    case libeventSelect, libeventPoll, libeventEpoll

    package var isLibevent: Bool {
        switch self {
        case .select, .poll, .epoll, .reactor, .reactorSelect: false
        case .libeventSelect, .libeventPoll, .libeventEpoll: true
        }
    }

    /// Whether it waits and hands out, without callbacks.
    var isMultiplexer: Bool {
        switch self {
        case .select, .poll, .epoll: true
        case .reactor, .reactorSelect, .libeventSelect, .libeventPoll, .libeventEpoll: false
        }
    }

    /// Whether the kernel's epoll is asked for files that never block, which it refuses.
    package var refusesFiles: Bool { self == .epoll || self == .libeventEpoll }

    /// What can be asked for.
    package var interests: Interest {
        switch self {
        case .select, .reactorSelect: [.readable, .writable, .priority]
        case .poll, .epoll, .reactor: [.readable, .writable, .priority, .peerClosed]
        case .libeventSelect: [.readable, .writable]
        case .libeventPoll, .libeventEpoll: [.readable, .writable, .peerClosed]
        }
    }
}
