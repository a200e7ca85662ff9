internal import EvlabDemos
internal import Readiness
internal import Sockets

extension EchoServer {
    /// Serves TCP and UDP on one loop until a signal ends it.
    func serve(
        on sockets: consuming BothSockets,
        announce: @escaping (SocketAddress) -> Void
    ) throws -> (EchoTotals, DatagramTotals) {
        let address = try sockets.stream.localAddress()
        let announce = { announce(address) }
        if api == .bufferevent {
            return try serve(sockets, on: try makeBase()) { base, listener throws(IOError) in
                try serveEcho(onBufferEvents: base, listener: listener, grace: grace, whenReady: announce)
            }
        }
        return try serveWithCallbacks(sockets, on: try engine.make(method), announce)
    }

    private func serveWithCallbacks(
        _ sockets: consuming BothSockets,
        on loop: some EventEngine,
        _ announce: () -> Void
    ) throws(IOError) -> (EchoTotals, DatagramTotals) {
        try serve(sockets, on: loop) { loop, listener throws(IOError) in
            try serveEcho(on: loop, listener: listener, trigger: trigger, grace: grace, whenReady: announce)
        }
    }

    /// The datagrams are served beside the connections, which know nothing of them.
    private func serve<Loop: EventEngine>(
        _ sockets: consuming BothSockets,
        on loop: Loop,
        _ serveConnections: (Loop, consuming Socket) throws(IOError) -> EchoTotals
    ) throws(IOError) -> (EchoTotals, DatagramTotals) {
        try sockets.split { (stream, datagram) throws(IOError) in
            let datagrams = try DatagramServer(echoOn: loop, adopting: datagram)
            defer { datagrams.close() }
            let totals = try serveConnections(loop, stream)
            return (totals, datagrams.totals)
        }
    }
}
