internal import Libevent
internal import Multiplexing
internal import Readiness
internal import Sockets

/// What a loop asks of its engine, whichever it is: the one place where engines are told apart.
///
/// Closures, each made where the engine's type is known: its callbacks reach a connection without a witness in between,
/// and a message crosses none of the closures.
struct EngineSeam {
    /// What the engine's method can do.
    let capabilities: Capabilities
    /// Watches a connection's socket, and calls it when the socket is ready.
    let watch: (consuming Socket, Interest, StreamConnection) throws(IOError) -> any SocketWatch
    /// Watches any other descriptor.
    let watchOther: (consuming Descriptor, @escaping () -> Void) throws(IOError) -> any SocketWatch
    /// Calls back once.
    let schedule: (Duration, @escaping () -> Void) throws(IOError) -> any EngineRegistration
    /// Calls back for each arrival of a signal.
    let onSignal: (Signal, @escaping () -> Void) throws(IOError) -> any EngineRegistration
    /// Calls back at the end of each turn that asks for it.
    let onTurnEnd: (@escaping () -> Void) throws(IOError) -> any TurnEnd
    /// Has the loop take what came from other threads; from any thread.
    let wake: @Sendable (LoopLink) -> Void
    /// Runs on this thread until `stop`.
    let run: () throws(IOError) -> Void
    /// Ends the run.
    let stop: () -> Void
    /// Libevent's base, where that is the engine.
    let base: EventBase?

    init(_ engine: LoopEngine) throws(IOError) {
        switch engine.kind {
        case .libevent(let configuration): try self.init(base: EventBase(configuration))
        case .native(.epoll): try self.init(Reactor(Epoll()), base: nil)
        case .native(.poll): try self.init(Reactor(Poll()), base: nil)
        case .native(.select): try self.init(Reactor(Select()), base: nil)
        }
    }

    init(base: EventBase) throws(IOError) {
        try self.init(base, base: base)
    }

    /// Inlined, so that the closures are made for the engine's own type.
    @inline(__always)
    private init<Engine: TurnEnding>(_ engine: Engine, base: EventBase?) throws(IOError) {
        let poster = try engine.poster()
        self.base = base
        capabilities = engine.capabilities
        watch = { (socket, interest, connection) throws(IOError) in
            try engine.watch(socket, for: interest, trigger: .level) { _, ready in connection.fire(ready) }
        }
        watchOther = { (descriptor, handler) throws(IOError) in
            try engine.watch(descriptor, for: .readable, trigger: .level) { _, _ in handler() }
        }
        schedule = { (delay, handler) throws(IOError) in
            try engine.schedule(after: delay, every: nil) { _ in handler() }
        }
        onSignal = { (signal, handler) throws(IOError) in
            try engine.onSignal(signal) { _ in handler() }
        }
        onTurnEnd = { (handler) throws(IOError) in try engine.onTurnEnd(handler) }
        wake = Self.waker(poster)
        run = { () throws(IOError) in _ = try engine.run(.untilStopped) }
        stop = { engine.stop() }
    }

    private static func waker<Engine>(_ poster: Poster<Engine>) -> @Sendable (LoopLink) -> Void {
        { link in poster.post { _ in link.loop?.takeFromOtherThreads() } }
    }
}
