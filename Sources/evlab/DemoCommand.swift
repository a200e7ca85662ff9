internal import ArgumentParser

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "The classic servers of I/O multiplexing, to be run and read.",
        subcommands: [
            DemoListCommand.self,
            DemoEchoCommand.self,
            DemoRespCommand.self,
            DemoChatCommand.self,
            DemoConditionsCommand.self,
            DemoLevelAndEdgeCommand.self,
            DemoOneShotCommand.self,
            DemoStaleCommand.self,
            DemoOutOfBandCommand.self,
            DemoConnectCommand.self,
            DemoInetdCommand.self,
            DemoSignalsCommand.self,
            DemoIdleCommand.self,
            DemoAcceptBalanceCommand.self,
        ]
    )
}
