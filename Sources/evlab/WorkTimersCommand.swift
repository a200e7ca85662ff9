internal import ArgumentParser
internal import EvlabComparison

/// The timer workload.
struct WorkTimersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "timers", abstract: "Timers, inserted and cancelled.")

    @Argument(help: "What keeps them.", transform: named)
    var subject: TimerSubject
    @Option(help: "Timers at a time.")
    var count = 100_000
    @Option(help: "How often.")
    var rounds = 1
    @Flag(help: "Let them fire too.")
    var fire = false

    func validate() throws {
        try require((1...10_000_000).contains(count), "--count \(count)", "1 to 10000000")
        try require((1...1_000_000).contains(rounds), "--rounds \(rounds)", "1 to 1000000")
    }

    func run() throws {
        let times = try subject.run(count: count, rounds: rounds, fires: fire)
        Output.say("insert: \(times.insert) ns, cancel: \(times.cancel) ns, fire: \(times.fire) ns")
    }
}
