internal import Readiness
internal import Sockets

/// Many services in one process: every listening socket, every connection, every program and every timer is waited for by one
/// thread in one place.
final class Inetd<Engine: EventEngine> {
    let end: GracefulEnd<Engine>
    private unowned let engine: Engine
    private let complain: (String) -> Void
    private let children = InetdChildren<Engine>()
    private let buffer = ReadBuffer(capacity: 16_384)
    private var listeners: [Listener<Engine>] = []
    private var datagramServers: [DatagramServer<Engine>] = []
    private var launchers: [InetdLauncher<Engine>] = []
    private var connections = 0

    init(on engine: Engine, _ grace: Duration, complain: @escaping (String) -> Void) {
        self.engine = engine
        self.complain = complain
        end = GracefulEnd(engine, grace: grace)
    }

    var totals: InetdTotals {
        var totals = InetdTotals()
        totals.connections = connections
        totals.datagrams = datagramServers.reduce(0) { $0 + $1.totals.received }
        totals.programs = launchers.reduce(0) { $0 + $1.ended }
        totals.refused =
            launchers.reduce(0) { $0 + $1.refused } + listeners.reduce(0) { $0 + $1.shedConnections }
        totals.failed = launchers.reduce(0) { $0 + $1.failed }
        return totals
    }

    func stopAccepting() {
        for listener in listeners { listener.close() }
        for server in datagramServers { server.close() }
        for launcher in launchers { launcher.stopStarting() }
    }

    /// Also for children that no service started; see ``InetdChildren``.
    func waitForAllChildren() throws(IOError) {
        try children.waitForOthers(on: engine)
    }

    func killPrograms() {
        children.stop()
        for launcher in launchers { launcher.killAll() }
    }

    /// Starts a service; the address that it listens on.
    func open(_ service: InetdService, at host: SocketAddress) throws(IOError) -> SocketAddress {
        let address = host.with(port: service.port)
        switch (service.transport, service.action) {
        case (.tcp, .builtIn(let builtIn)):
            return try listen(at: address) { [unowned self] socket, peer in try serve(builtIn, socket, peer) }
        case (.tcp, .program(let program)):
            let launcher = InetdLauncher(on: engine, end: end, children: children, program, complain: complain)
            launchers.append(launcher)
            return try listen(at: address) { socket, _ in launcher.serve(socket) }
        case (.udp, .builtIn(let builtIn)):
            return try receive(at: address, builtIn)
        case (.udp, .program(let program)):
            throw IOError("inetd", .unsupported, detail: "\(program.path) cannot serve udp: programs serve tcp only")
        }
    }

    private func listen(
        at address: SocketAddress,
        _ serve: @escaping (consuming Socket, SocketAddress?) throws -> Void
    ) throws(IOError) -> SocketAddress {
        let listener = try Listener(on: engine, address: address) { [unowned self] socket, peer in
            connections += 1
            try serve(socket, peer)
        }
        listeners.append(listener)
        return listener.address
    }

    // MARK: Over UDP

    private func receive(at address: SocketAddress, _ service: InetdBuiltIn) throws(IOError) -> SocketAddress {
        let socket = try Socket.bound(to: address)
        let bound = try socket.localAddress()
        datagramServers.append(try DatagramServer(on: engine, adopting: socket) { _ in Self.answer(of: service) })
        return bound
    }

    private static func answer(of service: InetdBuiltIn) -> DatagramServer<Engine>.Answer {
        switch service {
        case .echo: .same
        case .discard: .nothing
        case .daytime: .bytes(InetdBuiltIn.daytimeLine())
        case .chargen: .bytes(Array(InetdBuiltIn.pattern.prefix(Int.random(in: 0...512))))
        case .time: .bytes(InetdBuiltIn.timeBytes())
        }
    }

    // MARK: Over TCP

    private func serve(_ service: InetdBuiltIn, _ socket: consuming Socket, _ peer: SocketAddress?) throws(IOError) {
        let stream = try DemoStream(
            on: engine,
            adopting: socket,
            from: peer,
            end: end,
            buffer: buffer,
            pausesWhileWriting: service == .echo
        )
        var handlers = DemoStream<Engine>.Handlers()
        handlers.end = { $0.finish() }
        switch service {
        case .echo:
            handlers.bytes = { stream, bytes in stream.send(bytes) }
        case .discard, .daytime, .time:
            break
        case .chargen:
            let pattern = InetdBuiltIn.pattern
            handlers.room = { $0.send(pattern.span) }
            // It would never be finished.
            handlers.end = { $0.close() }
        }
        stream.start(handlers)
        if service == .daytime { say(InetdBuiltIn.daytimeLine(), stream) }
        if service == .time { say(InetdBuiltIn.timeBytes(), stream) }
    }

    private func say(_ bytes: [UInt8], _ stream: DemoStream<Engine>) {
        stream.send(bytes.span)
        stream.finish()
    }
}
