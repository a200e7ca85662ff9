package import Readiness

/// The observers: each looks at the same descriptors, at the same instant.
package enum ObserverName: String, Hashable, Sendable, CaseIterable {
    case select = "select, level"
    case selectOneShot = "select, one-shot"
    case selectSmallBatch = "select, level, batches of 2"
    case poll = "poll, level"
    case pollOneShot = "poll, one-shot"
    case pollSmallBatch = "poll, level, batches of 2"
    case epoll = "epoll, level"
    case epollEdge = "epoll, edge"
    case epollOneShot = "epoll, level one-shot"
    case epollEdgeOneShot = "epoll, edge one-shot"
    case epollSmallBatch = "epoll, level, batches of 2"
    case epollEdgeSmallBatch = "epoll, edge, batches of 1"
    case reactorSelect = "reactor on select, level"
    case reactorPoll = "reactor on poll, level"
    case reactorPollOneShot = "reactor on poll, one-shot"
    case reactorEpoll = "reactor on epoll, level"
    case reactorEpollEdge = "reactor on epoll, edge"
    case reactorEpollOneShot = "reactor on epoll, edge one-shot"
    case libeventEpoll = "libevent epoll, level"
    case libeventEpollEdge = "libevent epoll, edge"
    case libeventEpollOneShot = "libevent epoll, one-shot"
    case libeventChangelist = "libevent epoll-changelist, level"
    case libeventPoll = "libevent poll, level"
    case libeventPollOneShot = "libevent poll, one-shot"
    case libeventSelect = "libevent select, level"

    package var family: ObserverFamily {
        switch self {
        case .select, .selectOneShot, .selectSmallBatch: .select
        case .poll, .pollOneShot, .pollSmallBatch: .poll
        case .epoll, .epollEdge, .epollOneShot, .epollEdgeOneShot, .epollSmallBatch, .epollEdgeSmallBatch: .epoll
        case .reactorPoll, .reactorPollOneShot, .reactorEpoll, .reactorEpollEdge, .reactorEpollOneShot: .reactor
        case .reactorSelect: .reactorSelect
        case .libeventEpoll, .libeventEpollEdge, .libeventEpollOneShot, .libeventChangelist: .libeventEpoll
        case .libeventPoll, .libeventPollOneShot: .libeventPoll
        case .libeventSelect: .libeventSelect
        }
    }

    package var trigger: Trigger {
        switch self {
        case .epollEdge, .epollEdgeSmallBatch, .reactorEpollEdge, .libeventEpollEdge: .edge
        case .selectOneShot, .pollOneShot, .epollOneShot, .reactorPollOneShot: .levelOneShot
        case .libeventEpollOneShot, .libeventPollOneShot: .levelOneShot
        case .epollEdgeOneShot, .reactorEpollOneShot: .edgeOneShot
        default: .level
        }
    }

    /// How many events a wait collects, where that is fewer than there can be.
    package var batchCapacity: Int? {
        switch self {
        case .selectSmallBatch, .pollSmallBatch, .epollSmallBatch: 2
        case .epollEdgeSmallBatch: 1
        default: nil
        }
    }
}
