internal import ArgumentParser
internal import CLinux
internal import EvlabComparison
internal import Glibc
internal import Sockets

/// The load generator: what `compare` starts, and `scripts/costs`.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Sends messages to an echo server and prints what came of it, as JSON.",
        shouldDisplay: false
    )

    @Option(help: "The server: HOST:PORT.")
    var connect: String
    @Option(help: "Connections at a time.")
    var connections = 50
    @Option(help: "Bytes of a message.")
    var size = 64
    @Option(help: "Messages under way on a connection.")
    var depth = 1
    @Option(help: "Send exactly so many.")
    var messages = 1000
    @Option(help: "The process id of the server, to say how much CPU it used.")
    var watch: CInt?
    @Flag(help: "End when the process that started this one ends.")
    var withParent = false

    func validate() throws {
        if SocketAddress(connect) == nil { throw ValidationError("--connect '\(connect)' is not HOST:PORT") }
        try require(connections >= 1, "--connections \(connections)", "1 or more")
        try require((1...LoadPlan.largestSize).contains(size), "--size \(size)", "1 to \(LoadPlan.largestSize)")
        try require((1...100_000).contains(depth), "--depth \(depth)", "1 to 100000")
        try require(messages >= 1, "--messages \(messages)", "1 or more")
    }

    func run() throws {
        if withParent { _ = clinux_die_with_parent(getppid()) }
        let plan = LoadPlan(
            address: try SocketAddress(parsing: connect),
            connections: connections,
            size: size,
            depth: depth,
            server: watch
        )
        let generator = try LoadGenerator(plan)
        let sample = try generator.run(.messages(messages))
        try generator.hangUp()
        Output.say(sample.json.description)
    }
}

/// Refuses a value with what would be right.
func require(_ condition: Bool, _ value: String, _ remedy: String) throws {
    guard condition else { throw ValidationError("\(value) is out of range: use \(remedy)") }
}
