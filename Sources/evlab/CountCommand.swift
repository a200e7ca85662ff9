internal import ArgumentParser
internal import EvlabComparison

/// What one subject takes for an operation and for a connection: what `scripts/costs` judges.
struct CountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Counts what an operation and a connection cost a subject, and prints it as JSON.",
        shouldDisplay: false
    )

    @Argument(help: "The workload: echo, pipeline, pipes or timers.", transform: named)
    var workload: Workload
    @Argument(help: "Who does it.")
    var subject: String
    @Option(help: "What grows along a series.")
    var n = 50
    @Option(help: "The second size.")
    var width = 64

    func validate() throws {
        try require((1...10_000_000).contains(n), "--n \(n)", "1 to 10000000")
        try require((0...LoadPlan.largestSize).contains(width), "--width \(width)", "0 to \(LoadPlan.largestSize)")
    }

    func run() throws {
        let setting = Setting(workload, n: n, width: width)
        let subjects = Catalogue.subjects(setting, .full)
        guard let subject = subjects.first(where: { $0.name == subject }) else {
            let names = subjects.map(\.name).joined(separator: ", ")
            throw ValidationError("'\(subject)' does no \(workload.rawValue): use \(names)")
        }
        let counts = try CostCounts.taken(of: subject, in: setting)
        if let complaint = counts.complaints.first { throw CommandFailure(description: complaint) }
        Output.say(counts.json.description)
    }
}
