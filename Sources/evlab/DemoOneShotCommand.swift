internal import ArgumentParser
internal import EvlabDemos
internal import Libevent
internal import Sockets

struct DemoOneShotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oneshot",
        abstract: "Worker threads that share their clients, each client with exactly one at a time.",
        discussion: """
            In one terminal:    evlab demo oneshot
            In two others:      nc 127.0.0.1 9000
            Type several lines quickly into one nc: one worker at a time has that client, though not always the same one; \
            the other nc is served meanwhile. Then start it with --no-oneshot and type quickly again: a second worker \
            is handed the client while the first still works on it, and the last line counts how often. \
            With --oneshot-listener the listener is never rearmed: the second nc connects, for the kernel lets it, and is \
            never let in. On --engine libevent a one-shot event is added again by a post to the loop. The last line counts the turns of \
            the workers. Ctrl-C ends it: those who are there have two more seconds (--grace), and a second Ctrl-C ends it at once.
            """
    )

    @Option(help: "What it runs on: native or libevent.")
    var engine = Engine.native
    @Option(
        parsing: .unconditional,
        help: "How many threads serve, 1 to 64. (default: 4)",
        transform: number(in: 1...64)
    )
    var workers = 4
    @Option(
        parsing: .unconditional,
        help: "How many seconds a worker pretends to work after each read, 0 to 3600. (default: 1)",
        transform: seconds(in: 0...3600)
    )
    var work = 1.0
    @Flag(inversion: .prefixedNo, help: "Whether a client's event comes once and then not until the worker is done.")
    var oneshot = true
    @Flag(help: "Make the listener one-shot too, and never rearm it.")
    var oneshotListener = false
    @OptionGroup var place: ListeningOptions

    func validate() throws {
        if oneshotListener, engine == .libevent {
            throw ValidationError("--oneshot-listener does not go with --engine libevent: use native")
        }
    }

    func run() throws {
        var options = OneShotOptions()
        options.workers = workers
        options.workTime = .seconds(work)
        options.isOneShot = oneshot
        options.hasOneShotListener = oneshotListener
        options.grace = place.grace
        let totals = try serve(try place.listen(), options)
        let outside = oneshotListener ? ", left outside: \(totals.leftOutside)" : ""
        Output.conclude(
            "clients: \(totals.clients), refused: \(totals.shed), bytes: \(totals.bytes), turns: \(totals.turns), "
                + "handed to a second worker: \(totals.collisions)" + outside
        )
    }

    private func serve(_ listener: consuming Socket, _ options: OneShotOptions) throws -> OneShotTotals {
        let address = try listener.localAddress()
        let announce = { Output.announce("listening on \(address)") }
        return switch engine {
        case .native:
            try serveOneShot(listener: listener, options, whenReady: announce) { Output.say($0) }
        case .libevent:
            try serveOneShot(on: EventBase(), listener: listener, options, whenReady: announce) { Output.say($0) }
        }
    }
}
