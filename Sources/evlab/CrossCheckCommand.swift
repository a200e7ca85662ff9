internal import ArgumentParser
internal import EvlabComparison
internal import EvlabCrossCheck
internal import Glibc
internal import Readiness
internal import Sockets
internal import SystemPackage

struct CrossCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crosscheck",
        abstract: "Native multiplexing and libevent, asked the same at the same instant: any difference is a finding.",
        discussion: """
            Random operations on real descriptors; after each, select, poll and epoll, in every way of triggering, the reactor \
            on each, and libevent on each of its methods, say what is ready, and a model says what should be. Loops get the \
            same timers, posts and streams, and the demonstrations that serve get the same clients. The seed decides \
            everything that is done. A finding ends the run with exit code 1, as a script that is as short as can be; Ctrl-C \
            ends it with the summary so far and code 130.
            """
    )

    @Option(help: "Decides what is done; printed, so that a run can be repeated.")
    var seed: UInt64?
    @Option(help: "How many operations.")
    var steps: Int?
    @Option(help: "How long, at most. 10 where neither this nor --steps is given.")
    var seconds: Double?
    @Option(help: "Write the whole trace to this file: a line of JSON for each operation and each script.")
    var json: String?

    func validate() throws {
        try require(steps ?? 1 >= 1, "--steps \(steps ?? 0)", "1 or more")
        let seconds = seconds ?? 1
        try require(seconds > 0 && seconds <= 86_400, "--seconds \(seconds)", "more than 0, at most 86400")
    }

    func run() throws {
        let seed = seed ?? .random(in: 0...UInt64(UInt32.max))
        let file = try json.map { try TraceFile($0) }
        let limit = seconds ?? (steps == nil ? 10 : nil)
        let options = CrossCheck.Options(seed: seed, steps: steps, limit: limit.map { .seconds($0) })
        // From here on a signal is heeded.
        let serving = try ServingCheck()
        Output.announce("seed \(seed)")
        var check = CrossCheck(options, serving: serving)
        let report = try check.run(progress: show, record: file.map { file in { file.write($0, $1) } })
        clearProgress()
        try file?.close()
        Output.say(report.text)
        if report.isInterrupted { throw ExitCode(130) }
        if report.hasFinding { throw CommandFailure(description: "crosscheck: there is a finding, shown above") }
    }

    private var isShown: Bool { isatty(STDERR_FILENO) == 1 }

    private func show(_ counts: Counts) {
        guard isShown, counts.episodes % 10 == 0 else { return }
        writeProgress("\(counts.episodes) worlds, \(counts.observations) observations")
    }

    private func clearProgress() {
        if isShown { writeProgress("") }
    }

    private func writeProgress(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll("\r\u{1B}[K\(text)".utf8)
    }
}
