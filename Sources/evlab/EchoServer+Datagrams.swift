internal import EvlabDemos
internal import Multiplexing
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
        switch (api, method) {
        case (.bufferevent, _):
            return try serve(sockets, on: try makeBase()) { base, listener throws(IOError) in
                try serveEcho(onBufferEvents: base, listener: listener, grace: grace, whenReady: announce)
            }
        case (.event, _):
            return try serve(sockets, on: try makeBase()) { base, listener throws(IOError) in
                try serveEcho(on: base, listener: listener, trigger: trigger, grace: grace, whenReady: announce)
            }
        case (_, .poll):
            return try serve(sockets, on: try Reactor(Poll())) { reactor, listener throws(IOError) in
                try serveEcho(on: reactor, listener: listener, trigger: trigger, grace: grace, whenReady: announce)
            }
        case (_, .select):
            return try serve(sockets, on: try Reactor(Select())) { reactor, listener throws(IOError) in
                try serveEcho(on: reactor, listener: listener, trigger: trigger, grace: grace, whenReady: announce)
            }
        default:
            return try serve(sockets, on: try Reactor(Epoll())) { reactor, listener throws(IOError) in
                try serveEcho(on: reactor, listener: listener, trigger: trigger, grace: grace, whenReady: announce)
            }
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
