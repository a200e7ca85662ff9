internal import EventLoops
internal import EvlabDemos
internal import Libevent
internal import Multiplexing
internal import Readiness
internal import Sockets

/// The echo server of a demonstration, on the interface that was chosen.
struct EchoServer {
    let api: EchoAPI
    let engine: Engine
    let method: Method
    let trigger: Trigger
    /// How long clients may stay after the first signal.
    var grace = Duration.seconds(2)

    /// Serves until a signal ends it.
    ///
    /// - Parameter announce: called with the address once clients can connect and signals are heeded.
    func serve(
        on listener: consuming Socket,
        announce: @escaping @Sendable (SocketAddress) -> Void
    ) throws -> EchoTotals {
        let address = try listener.localAddress()
        switch api {
        case .bufferevent:
            return try serveEcho(onBufferEvents: try makeBase(), listener: listener, grace: grace) { announce(address) }
        case .event:
            return try serveEcho(on: try makeBase(), listener: listener, trigger: trigger, grace: grace) {
                announce(address)
            }
        case .multiplexer:
            return try serveEcho(onMultiplexer: listener, trigger: trigger, grace: grace) { announce(address) }
        case .reactor:
            return try serveOnReactor(listener) { announce(address) }
        case .chunks:
            return try serveEcho(onChunks: try engine.makeLoopEngine(method), listener: listener, grace: grace) {
                announce(address)
            }
        case .async:
            return try serveEcho(onTasks: try engine.makeLoopEngine(method), listener: listener, grace: grace) {
                announce(address)
            }
        }
    }

    private func serveOnReactor(
        _ listener: consuming Socket,
        _ announce: () -> Void
    ) throws(IOError) -> EchoTotals {
        switch method {
        case .poll:
            try serveEcho(
                on: try Reactor(Poll()),
                listener: listener,
                trigger: trigger,
                grace: grace,
                whenReady: announce
            )
        case .select:
            try serveEcho(
                on: try Reactor(Select()),
                listener: listener,
                trigger: trigger,
                grace: grace,
                whenReady: announce
            )
        default:
            try serveEcho(
                on: try Reactor(Epoll()),
                listener: listener,
                trigger: trigger,
                grace: grace,
                whenReady: announce
            )
        }
    }

    func makeBase() throws(IOError) -> EventBase {
        try EventBase(method.makeConfiguration())
    }
}
