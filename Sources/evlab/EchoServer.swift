internal import EvlabDemos
internal import Libevent
internal import Readiness
internal import Sockets

/// The echo server of a demonstration, on the interface that was chosen.
struct EchoServer {
    let api: EchoAPI
    let method: Method
    let trigger: Trigger

    /// Serves until a signal ends it.
    ///
    /// - Parameter announce: called with the address once clients can connect.
    func serve(on listener: consuming Socket, announce: (SocketAddress) -> Void) throws(IOError) -> EchoTotals {
        let address = try listener.localAddress()
        switch api {
        case .bufferevent:
            let base = try makeBase()
            announce(address)
            return try serveEcho(onBufferEvents: base, listener: listener)
        case .event:
            let base = try makeBase()
            announce(address)
            return try serveEcho(onEvents: base, listener: listener, trigger: trigger)
        case .multiplexer:
            announce(address)
            throw IOError("TEMP", .unsupported)
        }
    }

    private func makeBase() throws(IOError) -> EventBase {
        guard let method = EventMethod(rawValue: method.rawValue) else {
            throw IOError("EventBase", .unsupported, detail: "libevent has no method \(method.rawValue)")
        }
        return try EventBase(EventConfiguration(method: method))
    }
}
