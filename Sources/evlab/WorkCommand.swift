internal import ArgumentParser

/// Workloads that need no server and no client: what `scripts/costs` counts.
struct WorkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work",
        abstract: "Runs one workload on one subject.",
        shouldDisplay: false,
        subcommands: [WorkPipesCommand.self, WorkTimersCommand.self]
    )
}
