internal import Readiness

/// What a run came to.
package struct Report: Sendable {
    package let seed: UInt64
    package let counts: Counts
    package let time: Duration
    package let find: Find?
    /// It was ended by a signal, before its time.
    package let isInterrupted: Bool

    /// Whether something was found.
    package var hasFinding: Bool { find != nil }

    /// What was found about descriptors.
    package var discovery: Discovery? {
        if case .descriptors(let discovery) = find { discovery } else { nil }
    }
}

extension Report {
    /// For a person.
    package var text: String {
        ([headline] + descriptors + loops + servers + ["", verdict]).joined(separator: "\n")
    }

    private var headline: String {
        "Seed \(seed): \(seconds) s" + (isInterrupted ? ", ended by a signal." : ".")
    }

    private var seconds: String {
        let tenths = Int(time / .milliseconds(100))
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// How fast it was.
    package var observationsPerMinute: Int {
        let passed = time / .seconds(1)
        return passed > 0 ? Int(Double(counts.observations) / passed * 60) : 0
    }

    private var verdict: String { find?.text ?? "No difference is unexplained." }

    // MARK: Descriptors

    private var descriptors: [String] {
        let operations = Text.grouped(counts.operations.values.reduce(0, +))
        let answers = Text.grouped(counts.observations)
        let kinds = OperationKind.allCases.map { ($0.rawValue, counts.operations[$0] ?? 0) }
        let made = DescriptorKind.allCases.map { ($0.rawValue, counts.descriptors[$0] ?? 0) }
        var lines = [
            "", "DESCRIPTORS",
            "\(operations) random operations on real descriptors, in \(Text.grouped(counts.episodes)) worlds. After each,",
            "\(ObserverName.allCases.count) observers said what is ready: \(answers) observations, "
                + "\(Text.grouped(observationsPerMinute)) a minute.",
            modelLine, "", "Operations:",
        ]
        if !World.hasIPv6 { lines.insert("This machine has no IPv6: IPv4 took its place.", at: lines.count - 2) }
        lines += Text.columns(kinds) + ["", "Descriptors made:"] + Text.columns(made)
        return lines + ["", "Observations, by observer:"] + observers + ["", rowsTitle] + rows + edges
    }

    private var modelLine: String {
        let permille = counts.predictions == 0 ? 0 : counts.openPredictions * 1000 / counts.predictions
        return "The model said what poll(2) must show, \(Text.grouped(counts.predictions)) times, and left "
            + "\(permille / 10).\(permille % 10) % of it open."
    }

    private var observers: [String] {
        Text.list(ObserverName.allCases.map { ($0.rawValue, counts.observationsByObserver[$0] ?? 0) })
    }

    private var rowsTitle: String { "Observations unlike poll(2)'s, by the known difference that explains them:" }

    private var rows: [String] {
        Text.list(NormalisationRow.allCases.map { ($0.rawValue, counts.rows[$0] ?? 0) })
    }

    private var edges: [String] {
        let observers = ObserverName.allCases.filter(\.trigger.isEdge)
        return ["", "Edges that came although nothing new had (allowed):"]
            + Text.list(observers.map { ($0.rawValue, counts.extraEdges[$0] ?? 0) })
    }

    // MARK: Loops and servers

    private var loops: [String] {
        let scripts = Text.grouped(counts.loopScripts)
        return [
            "", "LOOPS",
            "\(scripts) scripts, \(Text.grouped(counts.loopTasks)) timers, posts and streams in all, on each of "
                + "\(EngineName.allCases.count) loops: what called back, in which order.",
            "Those that run tasks had the timers and posts only.",
        ]
    }

    private var servers: [String] {
        let serving = counts.serving
        guard serving.scripts > 0 else { return [] }
        let lines = [
            "", "SERVERS",
            "\(Text.grouped(serving.scripts)) scripts for clients, each with every server of its service, "
                + "\(ServerName.all.count) in all:",
            "\(Text.grouped(serving.runs)) runs, \(Text.grouped(serving.connections)) connections, "
                + "\(Text.grouped(serving.bytes)) bytes that came back.",
            "", "Steps:",
        ]
        return lines + Text.columns(ServingStep.kinds.map { ($0, serving.steps[$0] ?? 0) })
    }
}
