internal import ArgumentParser
internal import CLinux
internal import EvlabComparison

/// The pipe workload.
struct WorkPipesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pipes", abstract: "Bytes from pair to pair.")

    @Argument(help: "What it runs on.", transform: named)
    var subject: PipeSubject
    @Option(help: "Socket pairs.")
    var pairs = 100
    @Option(help: "Bytes that are written to begin with, each to another pair.")
    var active = 10
    @Option(help: "Bytes that are written after that, each when one was read.")
    var writes = 1000
    @Option(help: "How often.")
    var rounds = 1

    func validate() throws {
        try require((1...1_000_000).contains(pairs), "--pairs \(pairs)", "1 to 1000000")
        try require((1...pairs).contains(active), "--active \(active)", "1 to the number of pairs, \(pairs)")
        try require((0...1_000_000_000).contains(writes), "--writes \(writes)", "0 to 1000000000")
        try require((1...1_000_000).contains(rounds), "--rounds \(rounds)", "1 to 1000000")
    }

    func run() throws {
        _ = clinux_raise_descriptor_limit()
        let bytes = try subject.run(pairs: pairs, active: active, writes: writes, rounds: rounds)
        Output.say("bytes: \(bytes)")
    }
}
