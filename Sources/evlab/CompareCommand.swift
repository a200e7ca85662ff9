internal import ArgumentParser
internal import CLinux
internal import EvlabComparison
internal import Sockets

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "The same work on native multiplexing and on libevent, measured side by side.",
        discussion: """
            Without a workload, all of them are run, quickly, and report.html is written. All subjects of a workload must \
            first do the same; then each is measured in several processes, by turns, in random order. The first one is \
            what the others are compared with.

            Workloads:
            \(Workload.allCases.map { "  \($0.rawValue): \($0.explanation)" }.joined(separator: "\n"))
            """
    )

    @Argument(help: "What to compare; all of them, if nothing is named.", transform: named)
    var workloads: [Workload] = []
    @Flag(help: "Every subject, in more sizes, for longer: half an hour.")
    var full = false
    @Option(help: "Only these subjects, with commas between them; the others are compared with the first.")
    var subjects: String?
    @Option(help: "What grows along each series (connections, pairs, timers): numbers with commas between them.")
    var n: String?
    @Option(help: "How long a message is: numbers of bytes with commas between them, K for 1024.")
    var sizes: String?
    @Option(help: "How many processes measure each subject, one after another, however long that takes.")
    var processes: Int?
    @Option(help: "How often each of them measures.")
    var rounds: Int?
    @Option(help: "How long each measurement takes at least.")
    var seconds: Double?
    @Flag(
        inversion: .prefixedNo,
        help: "Count instructions, allocations, system calls, memory. (default: of echo; with --full, of all that can)"
    )
    var counts: Bool?
    @Option(help: "Decides what is random; printed, so that a run can be repeated.")
    var seed: UInt64?
    @Option(help: "How long a step of a server's script may take, in seconds.")
    var patience = 60.0
    @Option(help: "A program that serves as another subject of echo: NAME=PATH.")
    var peer: [String] = []
    @Option(help: "Write every measurement to this file.")
    var json: String?
    @Option(help: "Write the report to this file. (default: report.html, if no workload is named)")
    var html: String?
    @Option(help: "Write the ratios as a picture, SVG, to this file.")
    var svg: String?
    @Option(help: "Measure nothing: report what a run with --json has measured, all of it or what else is named here.")
    var from: String?
    @Option(help: "Compare with an earlier run, whose measurements are in this file; a loss ends with exit code 1.")
    var baseline: String?

    /// What a run may take, in seconds: less than the half hour and the three minutes that it is said to take at most.
    private static let fullLimit = 26.0 * 60
    private static let quickLimit = 172.0

    func validate() throws {
        if from == nil { _ = try ComparisonPlan(self).make() } else { try refuseMeasuring() }
        try require((1...100).contains(processes ?? 1), "--processes \(processes ?? 1)", "1 to 100")
        try require((1...1000).contains(rounds ?? 1), "--rounds \(rounds ?? 1)", "1 to 1000")
        try require(patience > 0 && patience <= 3600, "--patience \(patience)", "more than 0, at most 3600")
        let seconds = seconds ?? 1
        try require(seconds >= 0.001 && seconds <= 600, "--seconds \(seconds)", "0.001 to 600")
    }

    private func refuseMeasuring() throws {
        let named: [(String, Bool)] = [
            ("--full", full), ("--processes", processes != nil), ("--rounds", rounds != nil),
            ("--seconds", seconds != nil), ("--seed", seed != nil), ("--peer", !peer.isEmpty),
            ("--counts", counts != nil),
        ]
        guard let option = named.first(where: \.1)?.0 else { return }
        throw ValidationError("\(option) says how to measure, and with --from nothing is: leave one of them out")
    }

    func run() throws {
        // Opened before the work, so that a file that cannot be written, or read, is known at once.
        let earlier = try baseline.map { path throws(ComparisonFailure) in
            Baseline(try ComparisonReport(option: "--baseline", path: path))
        }
        let jsonFile = try json.map { path throws(IOError) in try OutputFile("--json", path) }
        let page = html ?? (workloads.isEmpty && from == nil ? "report.html" : nil)
        let htmlFile = try page.map { path throws(IOError) in try OutputFile("--html", path) }
        let svgFile = try svg.map { path throws(IOError) in try OutputFile("--svg", path) }
        let report = try from.map(read) ?? measure()
        Output.say(report.text)
        try jsonFile?.write(report.json.description + "\n")
        try htmlFile?.write(report.html)
        if let svgFile {
            guard let picture = report.svg else {
                throw CommandFailure(description: "--svg \(svg ?? ""): there is no ratio to show")
            }
            try svgFile.write(picture)
        }
        if let page { Output.say("report: \(page)") }
        try earlier.map { try judge(report, $0) }
    }

    private func measure() throws -> ComparisonReport {
        _ = clinux_raise_descriptor_limit()
        var options = ComparisonOptions(
            plan: try ComparisonPlan(self).make(),
            seed: seed ?? .random(in: 0...UInt64(UInt32.max))
        )
        // Processes differ more from each other than the rounds of one, so there are many of them and few rounds.
        options.processes = processes ?? (full ? 10 : 6)
        options.rounds = rounds ?? (full ? 4 : 2)
        if processes == nil { options.limit = full ? Self.fullLimit : Self.quickLimit }
        options.seconds = seconds ?? (full ? 0.02 : 0.01)
        options.patience = patience
        options.countsPeers = counts ?? full
        if counts != false {
            options.counted = Catalogue.counted(options.plan.map(\.setting), everything: counts ?? full)
        }
        if subjects == nil, !Peers.missing.isEmpty,
            options.plan.contains(where: { Catalogue.servesEcho($0.setting.workload) })
        {
            options.notes.append("Not built, and left out: \(Peers.missing.joined(separator: ", ")) (\(Peers.remedy)).")
        }
        if full { Output.announce("about \(Int(options.estimate / 60) + 1) minutes") }
        return try Comparison.run(options)
    }

    /// An earlier run, narrowed to what is named.
    private func read(_ path: String) throws -> ComparisonReport {
        let plan = ComparisonPlan(self)
        let report = try ComparisonReport(option: "--from", path: path)
        let measured = report.cells.flatMap(\.results).map(\.subject.name)
        for name in plan.names ?? [] where !measured.contains(name) {
            throw CommandFailure(description: "--from \(path): '\(name)' was not measured")
        }
        let narrowed = report.narrowed(to: try plan.filter(), subjects: plan.names)
        guard !narrowed.cells.isEmpty else {
            throw CommandFailure(description: "--from \(path): nothing that is named here was measured")
        }
        return narrowed
    }

    private func judge(_ report: ComparisonReport, _ earlier: Baseline) throws {
        let changes = earlier.changes(to: report)
        Output.say(changes.text)
        guard changes.losses.isEmpty else {
            throw CommandFailure(
                description: "\(counted(changes.losses.count, "subject")) lost against the earlier run"
            )
        }
    }
}
