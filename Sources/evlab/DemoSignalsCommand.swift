internal import ArgumentParser
internal import EvlabDemos
internal import Glibc

struct DemoSignalsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signals",
        abstract: "Signals as events of a loop, by a handler and by a descriptor.",
        discussion: """
            In one terminal:    evlab demo signals
            In another:         kill -USR1 PID; kill -HUP PID; kill -WINCH PID
            The first line tells the PID. Watch: each comes as an event, in turn with everything else; no code of yours runs \
            inside a signal handler. With --by signalfd the signal is read from a descriptor, which tells who sent it; but every thread must block it. \
            --by signalfd-unblocked shows why: SIGWINCH is then lost without a trace, and SIGUSR1 ends the process. Stop \
            the process (kill -STOP PID), send ten SIGUSR1, and let it go on (kill -CONT PID): equal signals that are \
            pending are one, and different ones come in no order that was promised. Ctrl-C ends it.
            """
    )

    @Option(help: "hub, signalfd or signalfd-unblocked. (default: hub)", transform: named)
    var by = SignalWay.hub
    @OptionGroup var engine: EngineOptions

    func run() throws {
        let heard = try showSignals(on: engine.make(), by: by) { names in
            Output.announce("process \(getpid()) waits for \(names.joined(separator: ", "))")
        } tell: { line in
            Output.say(line)
        }
        Output.conclude(heard.map { "\($0.name): \($0.count)" }.joined(separator: ", "))
    }
}
