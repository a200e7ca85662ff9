package import Readiness

/// Observers that report alike.
package enum ObserverFamily: String, Hashable, Sendable, CaseIterable {
    case select, poll, epoll, libeventSelect, libeventPoll, libeventEpoll

    package var isLibevent: Bool {
        switch self {
        case .select, .poll, .epoll: false
        case .libeventSelect, .libeventPoll, .libeventEpoll: true
        }
    }

    /// Whether the kernel's epoll does the work, which refuses files that never block.
    package var isEpoll: Bool { self == .epoll || self == .libeventEpoll }

    /// What can be asked for.
    package var interests: Interest {
        switch self {
        case .select: [.readable, .writable, .priority]
        case .poll, .epoll: [.readable, .writable, .priority, .peerClosed]
        case .libeventSelect: [.readable, .writable]
        case .libeventPoll, .libeventEpoll: [.readable, .writable, .peerClosed]
        }
    }
}
