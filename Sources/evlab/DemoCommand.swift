internal import ArgumentParser

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "The classic servers of I/O multiplexing, to be run and read.",
        subcommands: [
            DemoListCommand.self,
            DemoConditionsCommand.self,
            DemoLevelAndEdgeCommand.self,
            DemoOneShotCommand.self,
            DemoStaleCommand.self,
            DemoOutOfBandCommand.self,
            DemoConnectCommand.self,
            DemoEchoCommand.self,
            DemoChatCommand.self,
            DemoInetdCommand.self,
            DemoSignalsCommand.self,
            DemoIdleCommand.self,
            DemoAcceptBalanceCommand.self,
            DemoRespCommand.self,
        ]
    )
}
