internal import ArgumentParser
internal import CBaselines
internal import CLinux
internal import EvlabComparison
internal import Glibc
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
    @OptionGroup var method: MethodOption
    @Option(help: "Where to listen, on 127.0.0.1.")
    var port: UInt16 = 0
    @Flag(help: "End when the process that started this one ends.")
    var withParent = false

    func run() throws {
        if withParent { _ = clinux_die_with_parent(getppid()) }
        let method = try method.usable()
        try serve(on: try ListeningPlace(host: "127.0.0.1", port: port).listen(), method)
    }

    private func serve(on listener: consuming Socket, _ method: Method) throws {
        switch subject {
        case .event: try serve(.event, on: listener, method)
        case .bufferEvent: try serve(.bufferevent, on: listener, method)
        case .multiplexer: try serve(.multiplexer, on: listener, method)
        case .reactor: try serve(.reactor, on: listener, method)
        case .chunksNative: try serve(.chunks, .native, on: listener, method)
        case .asyncNative: try serve(.async, .native, on: listener, method)
        case .chunksLibevent: try serve(.chunks, .libevent, on: listener, method)
        case .asyncLibevent: try serve(.async, .libevent, on: listener, method)
        case .cEvent: try serveInC("event", on: listener) { unsafe cbaseline_echo_event($0, method.rawValue) }
        case .cBufferEvent:
            try serveInC("bufferevent", on: listener) { unsafe cbaseline_echo_bufferevent($0, method.rawValue) }
        case .cEpollLevel: try serveInC("epoll", on: listener) { cbaseline_echo_epoll($0, false) }
        case .cEpollEdge: try serveInC("epoll", on: listener) { cbaseline_echo_epoll($0, true) }
        }
    }

    private func serve(
        _ api: EchoAPI,
        _ engine: Engine? = nil,
        on listener: consuming Socket,
        _ method: Method
    ) throws {
        let server = EchoServer(api: api, engine: engine ?? api.engine, method: method, trigger: api.defaultTrigger)
        _ = try server.serve(on: listener, announce: announce)
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
        Output.say("listening on \(address), process \(getpid())")
    }
}

extension EchoSubject {
    /// What to say about a name that no server has.
    static func unknown(_ name: String) -> String {
        "'\(name)' is no server: use \(allCases.map(\.rawValue).joined(separator: ", "))"
    }
}
