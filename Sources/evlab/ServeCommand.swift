internal import ArgumentParser
internal import CBaselines
internal import CLinux
internal import EvlabComparison
internal import Glibc
internal import Libevent
internal import Multiplexing
internal import Readiness
internal import Sockets
internal import SystemPackage

/// One of the servers that are compared: what `compare` starts, and `scripts/costs`.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs one of the servers that are compared.",
        shouldDisplay: false
    )

    @Argument(
        help: "The server.",
        transform: { name in
            guard let subject = EchoSubject(rawValue: name) else { throw ValidationError(EchoSubject.unknown(name)) }
            return subject
        }
    )
    var subject: EchoSubject
    @Option(help: "What the clients will do.", transform: named)
    var workload = Workload.echo
    @Option(help: "Where to listen, on 127.0.0.1.")
    var port: UInt16 = 0
    @Option(help: "Nothing but bytes on the stack.")
    var offset = ""
    @Flag(help: "End when the process that started this one ends.")
    var withParent = false

    func run() throws {
        if withParent { _ = clinux_die_with_parent(getppid()) }
        switch workload {
        case .udp: try serveSmall(on: try Socket.bound(to: .loopback(port: port)))
        case .fanout: try serveSmall(on: try ListeningPlace(host: "127.0.0.1", port: port).listen())
        default: try serve(on: try ListeningPlace(host: "127.0.0.1", port: port).listen())
        }
    }

    private func serveSmall(on socket: consuming Socket) throws {
        let address = try socket.localAddress()
        let isDatagram = workload == .udp
        switch subject {
        case .event:
            try EngineServers.serve(workload, on: try EventBase(), socket) { announce(address) }
        case .reactor:
            try EngineServers.serve(workload, on: try Reactor(Epoll()), socket) { announce(address) }
        case .cEvent, .cEpollLevel:
            let method = subject == .cEvent ? "epoll" : nil
            try serveInC("serve", on: socket) { descriptor in
                unsafe withOptionalCString(method) {
                    isDatagram ? unsafe cbaseline_datagrams(descriptor, $0) : unsafe cbaseline_fanout(descriptor, $0)
                }
            }
        default:
            throw CommandFailure(description: "\(subject.rawValue) does no \(workload.rawValue)")
        }
    }

    private func serve(on listener: consuming Socket) throws {
        switch subject {
        case .event: try serve(.event, on: listener)
        case .eventChangelist: try serve(.event, .epollChangelist, on: listener)
        case .eventPoll: try serve(.event, .poll, on: listener)
        case .eventSelect: try serve(.event, .select, on: listener)
        case .bufferEvent: try serve(.bufferevent, on: listener)
        case .multiplexer: try serve(.multiplexer, trigger: .edge, on: listener)
        case .multiplexerLevel: try serve(.multiplexer, on: listener)
        case .reactor: try serve(.reactor, on: listener)
        case .reactorEdge: try serve(.reactor, trigger: .edge, on: listener)
        case .reactorOneShot: try serve(.reactor, trigger: .levelOneShot, on: listener)
        case .reactorPoll: try serve(.reactor, .poll, on: listener)
        case .reactorSelect: try serve(.reactor, .select, on: listener)
        case .chunksNative: try serve(.chunks, on: listener)
        case .asyncNative: try serve(.async, on: listener)
        case .chunksLibevent: try serve(.chunks, engine: .libevent, on: listener)
        case .asyncLibevent: try serve(.async, engine: .libevent, on: listener)
        case .cEvent: try serveEventInC("epoll", on: listener)
        case .cEventChangelist: try serveEventInC("epoll-changelist", on: listener)
        case .cEventPoll: try serveEventInC("poll", on: listener)
        case .cEventSelect: try serveEventInC("select", on: listener)
        case .cBufferEvent:
            try serveInC("bufferevent", on: listener) { unsafe cbaseline_echo_bufferevent($0, "epoll") }
        case .cEpollLevel: try serveInC("epoll", on: listener) { cbaseline_echo_epoll($0, false) }
        case .cEpollEdge: try serveInC("epoll", on: listener) { cbaseline_echo_epoll($0, true) }
        }
    }

    private func serve(
        _ api: EchoAPI,
        _ method: Method = .epoll,
        engine: Engine? = nil,
        trigger: Trigger = .level,
        on listener: consuming Socket
    ) throws {
        let server = EchoServer(api: api, engine: engine ?? api.engine, method: method, trigger: trigger)
        _ = try server.serve(on: listener, announce: announce)
    }

    private func serveEventInC(_ method: String, on listener: consuming Socket) throws(IOError) {
        try serveInC("event", on: listener) { unsafe cbaseline_echo_event($0, method) }
    }

    private func serveInC(
        _ operation: IOError.Operation,
        on listener: consuming Socket,
        _ body: (CInt) -> CInt
    ) throws(IOError) {
        announce(try listener.localAddress())
        let result = body(listener.fileDescriptor.rawValue)
        guard result == 0 else { throw IOError(operation, errno: Errno(rawValue: -result)) }
    }

    @Sendable private func announce(_ address: SocketAddress) {
        Output.announce("listening on \(address), process \(getpid())")
    }
}

extension EchoSubject {
    /// What to say about a name that no server has.
    static func unknown(_ name: String) -> String {
        "'\(name)' is no server: use \(allCases.map(\.rawValue).joined(separator: ", "))"
    }
}
