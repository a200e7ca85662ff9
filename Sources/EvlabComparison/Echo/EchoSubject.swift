/// An echo server that can be compared.
public enum EchoSubject: String, CaseIterable, Sendable {
    case cEvent = "c-event"
    case cBufferEvent = "c-bufferevent"
    case cEpollLevel = "c-epoll-lt"
    case cEpollEdge = "c-epoll-et"
    case event
    case bufferEvent = "bufferevent"
    case multiplexer
    case reactor

    /// What it is made of, for people.
    public var explanation: String {
        switch self {
        case .cEvent: "plain C on libevent's event, read and write"
        case .cBufferEvent: "plain C on libevent's bufferevent"
        case .cEpollLevel: "plain C on epoll, level-triggered"
        case .cEpollEdge: "plain C on epoll, edge-triggered"
        case .event: "Swift, Libevent's Event"
        case .bufferEvent: "Swift, Libevent's BufferEvent"
        case .multiplexer: "Swift, Multiplexing's Epoll, edge-triggered"
        case .reactor: "Swift, Multiplexing's Reactor on epoll"
        }
    }

    /// Whether libevent's method applies to it.
    public var isOnLibevent: Bool {
        switch self {
        case .cEvent, .cBufferEvent, .event, .bufferEvent: true
        case .cEpollLevel, .cEpollEdge, .multiplexer, .reactor: false
        }
    }
}
