internal import ArgumentParser
internal import EvlabDemos
internal import Readiness
internal import Sockets

struct DemoEchoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo",
        abstract: "Sends every client back what it sends.",
        discussion: """
            In one terminal:    evlab demo echo
            In another:         nc -N 127.0.0.1 9000
            Type a line; it comes back. Open a third terminal with a second nc: one thread serves both, and neither \
            waits for the other. End one with Ctrl-D: it has shut its half only, and still gets back all that it sent. \
            Then watch the server's system calls (strace -p $(pgrep -n evlab)) and try the other interfaces, or --method poll: \
            the bytes are the same, the way to them is not.

            --api bufferevent   libevent reads, buffers and writes; you are handed a buffer
                  event         libevent says when to read, you read and write
                  multiplexer   your own loop around a bare epoll
                  reactor       this package's loop says when to read, you read and write
                  chunks        EventLoops calls you with each piece that came
                  async         EventLoops runs a task for each connection

            With --udp the same loop answers datagrams on the same port (nc -u 127.0.0.1 9000): each comes back as one, \
            exactly as long as it was. Ctrl-C ends the server, which prints what it did: those who are there have two more \
            seconds, and a second Ctrl-C ends it at once. refused counts those for whom there was no descriptor.
            """
    )

    @Option(help: "What the server is written on: bufferevent, event, multiplexer, reactor, chunks or async.")
    var api = EchoAPI.bufferevent
    @Option(help: "What it runs on; follows from --api, but chunks and async run on either.")
    var engine: Engine?
    @OptionGroup var method: MethodOption
    @Option(help: "Told while ready (level), or once for each arrival (edge). Default: level, multiplexer: edge.")
    var trigger: TriggerName?
    @Flag(help: "Also answers datagrams, on the same port and the same loop; for bufferevent, event and reactor.")
    var udp = false
    @OptionGroup var place: ListeningOptions

    func validate() throws {
        if let engine, engine != api.engine, !api.hasBothEngines {
            throw ValidationError(
                "--api \(api.rawValue) runs on \(api.engine.rawValue), not on \(engine.rawValue): leave --engine out"
            )
        }
        if udp, ![.bufferevent, .event, .reactor].contains(api) {
            throw ValidationError("--udp does not go with --api \(api.rawValue): use bufferevent, event or reactor")
        }
        try validateMethod(method.method)
    }

    private func validateMethod(_ method: Method) throws {
        if api == .reactor, method == .epollChangelist {
            throw ValidationError(
                "--method epoll-changelist is libevent's own: use epoll, poll or select with --api reactor, or --api event"
            )
        }
        if api == .multiplexer, method != .epoll {
            throw ValidationError(
                "--method \(method.rawValue) does not go with --api multiplexer: use epoll, or --api reactor"
            )
        }
        if api.hasBothEngines { try validateLoop(method) }
        guard trigger == .edge else { return }
        if api == .bufferevent {
            throw ValidationError("--trigger edge does not go with --api bufferevent: use level, or --api event")
        }
        if !method.hasEdges {
            let methods = api.engine == .libevent ? "epoll or epoll-changelist" : "epoll"
            throw ValidationError("--trigger edge does not go with --method \(method.rawValue): use \(methods)")
        }
    }

    private func validateLoop(_ method: Method) throws {
        if trigger == .edge {
            throw ValidationError("--trigger edge does not go with --api \(api.rawValue): leave --trigger out")
        }
        if method == .epollChangelist, engine != .libevent {
            throw ValidationError("--method epoll-changelist is libevent's own: use epoll, or --engine libevent")
        }
    }

    func run() throws {
        let method = try method.usable()
        let trigger = trigger?.trigger ?? api.defaultTrigger
        let server = EchoServer(
            api: api,
            engine: engine ?? api.engine,
            method: method,
            trigger: trigger,
            grace: place.grace
        )
        guard !udp else { return try serveBoth(server) }
        let totals = try server.serve(on: try place.listen()) { Output.announce("listening on \($0)") }
        Output.conclude("connections: \(totals.connections), refused: \(totals.shed), bytes sent back: \(totals.bytes)")
    }

    private func serveBoth(_ server: EchoServer) throws {
        let (totals, datagrams) = try server.serve(on: place.listenForBoth()) { address in
            Output.announce("tcp listening on \(address)\nudp listening on \(address)")
        }
        Output.conclude(
            """
            connections: \(totals.connections), refused: \(totals.shed), bytes sent back: \(totals.bytes), \
            datagrams: \(datagrams.received), sent back: \(datagrams.answered), truncated: \(datagrams.truncated), \
            lost: \(datagrams.lost)
            """
        )
    }
}
