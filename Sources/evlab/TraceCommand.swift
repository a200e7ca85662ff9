internal import ArgumentParser
internal import EvlabComparison
internal import EvlabDemos
internal import Sockets

struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Draws when epoll reports a socket: the same writes and partial reads under each trigger.",
        discussion: """
            Runs a script over a real pair of sockets and asks the kernel after every step how many bytes wait, whether the \
            socket is on epoll's ready list and whether it is still armed; to be asked changes nothing. Compare lt with \
            et: a level-triggered socket is reported for as long as bytes are left, an edge-triggered one after each \
            arrival, whether or not older bytes are left, and never for a read that takes only a part. Arrivals before the \
            same wait are reported once.

            Steps of a script: wN (the peer writes N bytes), rN (one read of N bytes at most), drain (reads until it \
            would block), wait, rearm, end (the peer has finished). For example: \
            evlab trace --mode et --script "w5 wait r2 wait w3 wait"
            """
    )

    @Option(
        help: ArgumentHelp(
            "How the socket is watched: lt, et, lt-oneshot or et-oneshot. (default: et)",
            valueName: "mode"
        ),
        transform: { name in try named(name) }
    )
    var mode = TraceMode.edge
    @Option(help: ArgumentHelp("What is done, steps with spaces between them.", valueName: "steps"))
    var script: String?
    @Option(help: ArgumentHelp("Write a picture to this file.", valueName: "file"))
    var svg: String?
    @Option(help: ArgumentHelp("Write every step to this file.", valueName: "file"))
    var json: String?

    func validate() throws {
        _ = try chosenScript()
    }

    func run() throws {
        let picture = try svg.map { try OutputFile("--svg", $0) }
        let record = try json.map { try OutputFile("--json", $0) }
        let trace = try Tracer.run(try chosenScript(), mode)
        Output.say(trace.text)
        try picture?.write(trace.svg)
        try record?.write(trace.json.description + "\n")
    }

    private func chosenScript() throws -> TraceScript {
        guard let script else { return .standard }
        do throws(IOError) {
            return try TraceScript(script)
        } catch {
            throw ValidationError("--script: \(error.detail)")
        }
    }
}
