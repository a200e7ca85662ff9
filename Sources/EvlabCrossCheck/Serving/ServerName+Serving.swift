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
            try EvlabDemos.serveEcho(onBufferEvents: method.makeBase(), listener: listener, whenReady: whenReady)
        case .callbacks(let waiting, let trigger):
            try EvlabDemos.serveEcho(
                on: waiting.makeEngine(),
                listener: listener,
                trigger: trigger,
                whenReady: whenReady
            )
        case .multiplexer(let trigger):
            try EvlabDemos.serveEcho(onMultiplexer: listener, trigger: trigger, whenReady: whenReady)
        case .chunks(let waiting):
            try EvlabDemos.serveEcho(onChunks: waiting.loopEngine, listener: listener, whenReady: whenReady)
        case .tasks(let waiting):
            try EvlabDemos.serveEcho(onTasks: waiting.loopEngine, listener: listener, whenReady: whenReady)
        }
    }

    private func serveChat(
        _ listener: consuming Socket,
        _ whenReady: @escaping @Sendable () -> Void
    ) throws -> ChatTotals {
        switch interface {
        case .callbacks(let waiting, _):
            try EvlabDemos.serveChat(on: waiting.makeEngine(), listener: listener, whenReady: whenReady)
        case .tasks(let waiting):
            try EvlabDemos.serveChat(onTasks: waiting.loopEngine, listener: listener, whenReady: whenReady)
        case .bufferevents, .multiplexer, .chunks:
            throw IOError("serveChat", .unsupported, detail: "the room is written for callbacks and for tasks")
        }
    }
}

extension EventMethod {
    fileprivate func makeBase() throws(IOError) -> EventBase {
        try EventBase(EventConfiguration(method: self))
    }
}

extension ServerName.Waiting {
    fileprivate func makeEngine() throws(IOError) -> any EventEngine {
        switch self {
        case .native(.epoll): try Reactor(Epoll())
        case .native(.poll): try Reactor(Poll())
        case .native(.select): try Reactor(Select())
        case .libevent(let method): try method.makeBase()
        }
    }

    fileprivate var loopEngine: LoopEngine {
        switch self {
        case .native(let method): .native(method)
        case .libevent(let method): .libevent(EventConfiguration(method: method))
        }
    }
}
