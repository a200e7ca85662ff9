internal import ArgumentParser

/// The command.
struct Evlab: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evlab",
        abstract: "Event-driven I/O on Linux: demonstrations, and native multiplexing compared with libevent.",
        subcommands: [
            DemoCommand.self, TraceCommand.self, TableCommand.self, CrossCheckCommand.self, CompareCommand.self,
            ServeCommand.self, GenerateCommand.self, BenchCommand.self, WorkCommand.self,
            CountCommand.self,
        ]
    )
}
