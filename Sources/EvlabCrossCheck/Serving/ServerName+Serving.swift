internal import EventLoops
internal import EvlabDemos
internal import Libevent
internal import Multiplexing
internal import Readiness
internal import Sockets

extension ServerName {
    /// Serves on this thread until SIGINT or SIGTERM, as the demonstration's command does.
    func serve(
        on listener: consuming Socket,
        whenReady: @escaping @Sendable () -> Void
    ) throws -> ServedTotals {
        switch service {
        case .echo: ServedTotals(try serveEcho(listener, whenReady))
        case .chat: ServedTotals(try serveChat(listener, whenReady))
        }
    }

    private func serveEcho(
        _ listener: consuming Socket,
        _ whenReady: @escaping @Sendable () -> Void
    ) throws -> EchoTotals {
        switch interface {
        case .bufferevents(let method):
            try EvlabDemos.serveEcho(onBufferEvents: Self.base(method), listener: listener, whenReady: whenReady)
        case .events(let method, let trigger):
            try EvlabDemos.serveEcho(
                on: Self.base(method),
                listener: listener,
                trigger: trigger,
                whenReady: whenReady
            )
        case .multiplexer(let trigger):
            try EvlabDemos.serveEcho(onMultiplexer: listener, trigger: trigger, whenReady: whenReady)
        case .reactor(.epoll, let trigger):
            try EvlabDemos.serveEcho(on: Reactor(Epoll()), listener: listener, trigger: trigger, whenReady: whenReady)
        case .reactor(.poll, let trigger):
            try EvlabDemos.serveEcho(on: Reactor(Poll()), listener: listener, trigger: trigger, whenReady: whenReady)
        case .reactor(.select, let trigger):
            try EvlabDemos.serveEcho(on: Reactor(Select()), listener: listener, trigger: trigger, whenReady: whenReady)
        case .chunks(let waiting):
            try EvlabDemos.serveEcho(onChunks: waiting.engine, listener: listener, whenReady: whenReady)
        case .tasks(let waiting):
            try EvlabDemos.serveEcho(onTasks: waiting.engine, listener: listener, whenReady: whenReady)
        }
    }

    private func serveChat(
        _ listener: consuming Socket,
        _ whenReady: @escaping @Sendable () -> Void
    ) throws -> ChatTotals {
        switch interface {
        case .events(let method, _):
            try EvlabDemos.serveChat(on: Self.base(method), listener: listener, whenReady: whenReady)
        case .reactor(.epoll, _):
            try EvlabDemos.serveChat(on: Reactor(Epoll()), listener: listener, whenReady: whenReady)
        case .reactor(.poll, _):
            try EvlabDemos.serveChat(on: Reactor(Poll()), listener: listener, whenReady: whenReady)
        case .reactor(.select, _):
            try EvlabDemos.serveChat(on: Reactor(Select()), listener: listener, whenReady: whenReady)
        case .tasks(let waiting):
            try EvlabDemos.serveChat(onTasks: waiting.engine, listener: listener, whenReady: whenReady)
        case .bufferevents, .multiplexer, .chunks:
            throw IOError("serveChat", .unsupported, detail: "the room is written for callbacks and for tasks")
        }
    }

    private static func base(_ method: EventMethod) throws(IOError) -> EventBase {
        try EventBase(EventConfiguration(method: method))
    }
}

extension ServerName.Waiting {
    fileprivate var engine: LoopEngine {
        switch self {
        case .native(let method): .native(method)
        case .libevent(let method): .libevent(EventConfiguration(method: method))
        }
    }
}
