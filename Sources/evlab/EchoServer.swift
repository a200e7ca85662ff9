internal import EventLoops
internal import EvlabDemos
internal import Libevent
internal import Readiness
internal import Sockets

/// The echo server of a demonstration, on the interface that was chosen.
struct EchoServer {
    let api: EchoAPI
    /// The interface's own engine, where it runs on one only.
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
        case .event, .reactor:
            return try serveEcho(on: engine.make(method), listener: listener, trigger: trigger, grace: grace) {
                announce(address)
            }
        case .multiplexer:
            return try serveEcho(onMultiplexer: listener, trigger: trigger, grace: grace) { announce(address) }
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

    func makeBase() throws(IOError) -> EventBase {
        try EventBase(method.makeConfiguration())
    }
}
