internal import ArgumentParser
internal import CLinux
internal import EvlabComparison
internal import Glibc
internal import Sockets

/// The processes that measure: what `compare` starts. They take orders on standard input.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures a workload when it is told to, on standard input.",
        shouldDisplay: false
    )

    @Argument(help: "The workload.", transform: named)
    var workload: Workload
    @Option(help: "What grows along a series.")
    var n = 50
    @Option(help: "The second size.")
    var width = 64
    @Option(help: "Who does it; servers are connected to instead.")
    var subject: String?
    @Option(help: "The server: HOST:PORT.")
    var connect: String?
    @Option(help: "The process id of the server, to say what it used.")
    var watch: CInt?
    @Option(help: "Decides what is random.")
    var seed: UInt64 = 1
    @Option(help: "How long a step of the script may take, in seconds.")
    var patience = 60.0
    @Option(help: "Nothing but bytes on the stack.")
    var offset = ""
    @Flag(help: "End when the process that started this one ends.")
    var withParent = false

    func validate() throws {
        try require((1...10_000_000).contains(n), "--n \(n)", "1 to 10000000")
        try require((0...LoadPlan.largestSize).contains(width), "--width \(width)", "0 to \(LoadPlan.largestSize)")
        try require(patience > 0 && patience <= 3600, "--patience \(patience)", "more than 0, at most 3600")
        if workload.hasServer, connect.flatMap({ SocketAddress($0) }) == nil {
            throw ValidationError("--connect '\(connect ?? "")' is not HOST:PORT")
        }
        if !workload.hasServer, subject == nil { throw ValidationError("--subject is missing") }
    }

    func run() throws {
        _ = clinux_raise_descriptor_limit()
        if withParent { _ = clinux_die_with_parent(getppid()) }
        let bench = try BenchMaker.make(
            Setting(workload, n: n, width: width),
            server: server(),
            subject: subject,
            seed: seed,
            patience: .seconds(patience),
            cores: .current
        )
        try serve(bench)
    }

    private func server() throws -> BenchMaker.Server? {
        guard let connect else { return nil }
        return BenchMaker.Server(address: try SocketAddress(parsing: connect), process: watch)
    }

    private func serve(_ bench: some Bench) throws(ComparisonFailure) {
        try BenchSession.serve(bench, readLine: { readLine() }, print: Output.say)
    }
}
