/// An echo server that can be compared.
public enum EchoSubject: String, CaseIterable, Sendable {
    case cEvent = "c-event"
    case cBufferEvent = "c-bufferevent"
    case cEpollLevel = "c-epoll-lt"
    case cEpollEdge = "c-epoll-et"
    case event
    case bufferEvent = "bufferevent"
    case multiplexer
    case multiplexerLevel = "multiplexer-lt"
    case reactor
    case reactorEdge = "reactor-et"
    case reactorOneShot = "reactor-oneshot"
    case reactorPoll = "reactor-poll"
    case reactorSelect = "reactor-select"
    case chunksNative = "chunks-native"
    case asyncNative = "async-native"
    case chunksLibevent = "chunks-libevent"
    case asyncLibevent = "async-libevent"
    case cEventChangelist = "c-event-changelist"
    case cEventPoll = "c-event-poll"
    case cEventSelect = "c-event-select"
    case eventChangelist = "event-changelist"
    case eventPoll = "event-poll"
    case eventSelect = "event-select"

    /// What it is, as one of the subjects of a workload.
    public var subject: Subject {
        switch self {
        case .cEvent: plain("plain C on libevent's event, read and write")
        case .cBufferEvent: plain("plain C on libevent's bufferevent")
        case .cEpollLevel: plain("plain C on epoll, level-triggered")
        case .cEpollEdge: plain("plain C on epoll, edge-triggered")
        case .cEventChangelist: plain("plain C on libevent's event, epoll with a change list")
        case .cEventPoll: plain("plain C on libevent's event, poll")
        case .cEventSelect: plain("plain C on libevent's event, select")
        case .event: libevent(.cEvent, "Swift, Libevent's Event")
        case .bufferEvent: libevent(.cBufferEvent, "Swift, Libevent's BufferEvent")
        case .eventChangelist: libevent(.cEventChangelist, "Swift, Libevent's Event, epoll with a change list")
        case .eventPoll: libevent(.cEventPoll, "Swift, Libevent's Event, poll")
        case .eventSelect: libevent(.cEventSelect, "Swift, Libevent's Event, select")
        case .chunksLibevent: libevent(nil, "Swift, EventLoops on libevent, a handler called with each chunk")
        case .asyncLibevent: libevent(nil, "Swift, EventLoops on libevent, a task a connection")
        case .multiplexer: native(.cEpollEdge, "Swift, Multiplexing's Epoll, edge-triggered")
        case .multiplexerLevel: native(.cEpollLevel, "Swift, Multiplexing's Epoll, level-triggered")
        case .reactor: native(.cEpollLevel, "Swift, Multiplexing's Reactor on epoll")
        case .reactorEdge: native(.cEpollEdge, "Swift, Multiplexing's Reactor on epoll, edge-triggered")
        case .reactorOneShot: native(.cEpollLevel, "Swift, Multiplexing's Reactor on epoll, armed anew for each event")
        case .reactorPoll: native(nil, "Swift, Multiplexing's Reactor on poll")
        case .reactorSelect: native(nil, "Swift, Multiplexing's Reactor on select")
        case .chunksNative: native(nil, "Swift, EventLoops on epoll, a handler called with each chunk")
        case .asyncNative: native(nil, "Swift, EventLoops on epoll, a task a connection")
        }
    }

    private func plain(_ explanation: String) -> Subject { Subject(rawValue, .plainC, explanation) }

    private func libevent(_ twin: EchoSubject?, _ explanation: String) -> Subject {
        Subject(rawValue, .libevent, twin: twin?.rawValue, explanation)
    }

    private func native(_ twin: EchoSubject?, _ explanation: String) -> Subject {
        Subject(rawValue, .native, twin: twin?.rawValue, explanation)
    }

    /// The subject of the same name that serves another workload: udp or fanout.
    func server(of workload: Workload) -> Subject {
        let what = workload == .udp ? "datagrams" : "fan-out"
        return switch self {
        case .cEvent: plain("plain C on libevent's event, \(what)")
        case .cEpollLevel: plain("plain C on epoll, level-triggered, \(what)")
        case .event: libevent(.cEvent, "Swift, an EventBase and its watches, \(what)")
        case .reactor: native(.cEpollLevel, "Swift, a Reactor on epoll and its watches, \(what)")
        default: subject
        }
    }

    /// Whether it can watch a thousand connections.
    var takesManyConnections: Bool { self != .cEventSelect && self != .eventSelect }
}
