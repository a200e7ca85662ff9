internal import Libevent
internal import Multiplexing
package import Sockets

extension ObserverName {
    /// A new observer of this name.
    ///
    /// - Throws: `noDescriptors`, `noMemory`.
    package func makeObserver() throws(IOError) -> any Observer {
        switch self {
        case .select, .selectOneShot, .selectSmallBatch: try MultiplexerObserver(self, Select())
        case .poll, .pollOneShot, .pollSmallBatch: try MultiplexerObserver(self, Poll())
        case .epoll, .epollEdge, .epollOneShot, .epollEdgeOneShot, .epollSmallBatch, .epollEdgeSmallBatch:
            try MultiplexerObserver(self, Epoll())
        case .reactorSelect: try ReactorObserver(self, Select())
        case .reactorPoll, .reactorPollOneShot: try ReactorObserver(self, Poll())
        case .reactorEpoll, .reactorEpollEdge, .reactorEpollOneShot: try ReactorObserver(self, Epoll())
        case .libeventEpoll, .libeventEpollEdge, .libeventEpollOneShot: try EventBaseObserver(self, .epoll)
        case .libeventChangelist: try EventBaseObserver(self, .epollChangelist)
        case .libeventPoll, .libeventPollOneShot: try EventBaseObserver(self, .poll)
        case .libeventSelect: try EventBaseObserver(self, .select)
        }
    }
}
