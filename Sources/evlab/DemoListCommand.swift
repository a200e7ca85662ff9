internal import ArgumentParser

struct DemoListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The demonstrations there are."
    )

    func run() {
        for demo in DemoCommand.configuration.subcommands where demo != DemoListCommand.self {
            Output.say("\(demo.configuration.commandName ?? ""): \(demo.configuration.abstract)")
        }
    }
}
