internal import ArgumentParser
internal import EvlabDemos
internal import Sockets

struct DemoIdleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Closes idle connections, with a sorted list, a wheel or a heap of deadlines.",
        discussion: """
            In one terminal:    evlab demo idle --after 5 --with heap
            In two others:      nc 127.0.0.1 9000
            Type in one of them every few seconds and leave the other alone. Watch: it is told and closed, five seconds after its \
            last byte and not at the next round of some alarm. However many there are, the loop has one timer. Try the \
            three structures with the same clients, with and without --spread, and compare the steps that are printed at \
            the end: a deadline that moves costs the list and the wheel about two steps and the heap about four; with \
            --spread the list passes over everybody who is due later. Ctrl-C ends it.
            """
    )

    @Option(help: "How many seconds a connection may be idle, 0.01 to 86400.")
    var after = 5.0
    @Option(help: "What the deadlines are kept in: list, wheel or heap.")
    var with = "heap"
    @Flag(help: "Gives every other connection twice the time.")
    var spread = false
    @OptionGroup var engine: EngineOptions
    @OptionGroup var place: ListeningOptions

    func validate() throws {
        let _: IdleStructure = try named(with)
        guard after >= 0.01, after <= 86_400 else {
            throw ValidationError("--after \(after): use 0.01 to 86400 seconds")
        }
    }

    func run() throws {
        let listener = try place.listen()
        let address = try listener.localAddress()
        let totals = try serveIdle(
            on: engine.make(),
            listener: listener,
            limit: .seconds(after),
            with: try named(with),
            spreads: spread
        ) {
            Output.say("listening on \(address)")
        }
        Output.say(
            """
            connections: \(totals.connections), idle: \(totals.reaped), refused: \(totals.refused); \
            \(with): deadlines set: \(totals.inserted), of these moved: \(totals.moved), steps: \(totals.steps)
            """
        )
    }
}
