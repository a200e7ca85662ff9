import Multiplexing
import Sockets

/// An `Epoll` that several threads hold.
final class SharedEpoll: Sendable {
    let epoll: Epoll

    init() throws(IOError) {
        epoll = try Epoll()
    }
}
