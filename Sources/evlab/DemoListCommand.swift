internal import ArgumentParser

struct DemoListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The demonstrations there are."
    )

    func run() {
        let demos = DemoCommand.configuration.subcommands.filter { $0 != DemoListCommand.self }
        let width = demos.map { $0.configuration.commandName?.count ?? 0 }.max() ?? 0
        for demo in demos {
            let name = "\(demo.configuration.commandName ?? ""):"
            let gap = String(repeating: " ", count: width + 2 - name.count)
            Output.say(name + gap + demo.configuration.abstract)
        }
    }
}
