/// The loops that make the same promises.
package enum EngineName: String, Hashable, Sendable, CaseIterable {
    case libeventEpoll = "libevent on epoll"
    case libeventChangelist = "libevent on epoll with a change list"
    case libeventPoll = "libevent on poll"
    case libeventSelect = "libevent on select"
    case reactorEpoll = "the reactor on epoll"
    case reactorPoll = "the reactor on poll"
    case reactorSelect = "the reactor on select"
}
