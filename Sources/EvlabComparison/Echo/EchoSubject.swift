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
    case chunksNative = "chunks-native"
    case asyncNative = "async-native"
    case chunksLibevent = "chunks-libevent"
    case asyncLibevent = "async-libevent"

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
        case .chunksNative: "Swift, EventLoops on epoll, a handler called with each chunk"
        case .asyncNative: "Swift, EventLoops on epoll, a task a connection"
        case .chunksLibevent: "Swift, EventLoops on libevent, a handler called with each chunk"
        case .asyncLibevent: "Swift, EventLoops on libevent, a task a connection"
        }
    }

    /// Whether libevent's method applies to it.
    public var isOnLibevent: Bool {
        switch self {
        case .cEvent, .cBufferEvent, .event, .bufferEvent, .chunksLibevent, .asyncLibevent: true
        case .cEpollLevel, .cEpollEdge, .multiplexer, .reactor, .chunksNative, .asyncNative: false
        }
    }
}
