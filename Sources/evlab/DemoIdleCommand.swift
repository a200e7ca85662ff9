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
            Type in one of them every few seconds and leave the other alone. Watch: it is told and closed, five seconds after \
            its last byte and not at the next round of some alarm. However many there are, the loop has one timer. The last \
            line counts the steps that the structure took. With a few clients they say little; send a crowd, and try list, \
            wheel and heap, with and without --spread:
            for i in $(seq 300); do (echo; sleep 1; echo) | nc 127.0.0.1 9000 & done
            A deadline that moves costs the list and the wheel about two steps and the heap about four; with --spread the list \
            passes over everybody who is due later; and the wheel turns also while hardly anybody is there. Ctrl-C ends it: \
            those who are there have two more seconds (--grace), and a second Ctrl-C ends it at once.
            """
    )

    @Option(
        parsing: .unconditional,
        help: "How many seconds a connection may be idle, 0.01 to 86400. (default: 5)",
        transform: seconds(in: 0.01...86_400)
    )
    var after = 5.0
    @Option(help: "What the deadlines are kept in: list, wheel or heap. (default: heap)", transform: named)
    var with = IdleStructure.heap
    @Flag(help: "Gives every other connection twice the time.")
    var spread = false
    @OptionGroup var engine: EngineOptions
    @OptionGroup var place: ListeningOptions

    func run() throws {
        let listener = try place.listen()
        let address = try listener.localAddress()
        let totals = try serveIdle(
            on: engine.make(),
            listener: listener,
            limit: .seconds(after),
            with: with,
            spreads: spread,
            grace: place.grace
        ) {
            Output.announce("listening on \(address)")
        }
        Output.conclude(
            """
            connections: \(totals.connections), idle: \(totals.reaped), refused: \(totals.refused); \
            \(with.rawValue): deadlines set: \(totals.inserted), of these moved: \(totals.moved), steps: \(totals.steps)
            """
        )
    }
}
