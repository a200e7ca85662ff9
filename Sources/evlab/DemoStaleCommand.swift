internal import ArgumentParser
internal import EvlabDemos

struct DemoStaleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stale",
        abstract: "A descriptor closed and its number reused inside one batch of events.",
        discussion: """
            Runs by itself; no other terminal is needed. Two clients, ada and bob, become ready together, so one wait \
            returns both. While ada's event is handled, bob is closed and cy is let in, and the kernel gives cy bob's \
            number, the lowest that is free. Watch whom bob's event hits: first in a loop that knows its connections by \
            number, then in one on Epoll and EventBatch. Native only: it shows what a bare batch holds.
            """
    )

    func run() throws {
        Output.say("A loop that knows connections by number:")
        let naive = try handleStaleEventNaively { Output.say("  " + $0) }
        Output.say("A loop on Epoll and EventBatch:")
        let checked = try handleStaleEvent { Output.say("  " + $0) }
        guard naive.isReused, checked.isReused else {
            throw CommandFailure(description: "the kernel gave the newcomer another number, so there is nothing to see")
        }
        Output.say("taken for the newcomer's: \(naive.mistaken) by number, \(checked.mistaken) by EventBatch")
    }
}
