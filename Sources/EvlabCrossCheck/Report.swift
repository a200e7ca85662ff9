internal import Readiness

/// What a run came to.
package struct Report: Sendable {
    package let seed: UInt64
    package let counts: Counts
    package let time: Duration
    package let discovery: Discovery?
    package let loopDiscovery: LoopDiscovery?

    /// Whether something was found.
    package var hasFinding: Bool { discovery != nil || loopDiscovery != nil }
}

extension Report {
    /// For a person.
    package var text: String {
        var lines = [headline, "", "Operations:"]
        lines += Self.columns(OperationKind.allCases.map { ($0.rawValue, counts.operations[$0] ?? 0) })
        lines += ["", "Descriptors made:"]
        lines += Self.columns(DescriptorKind.allCases.map { ($0.rawValue, counts.descriptors[$0] ?? 0) })
        lines += ["", "Observations:"]
        lines += Self.lines(ObserverName.allCases.map { ($0.rawValue, counts.observationsByObserver[$0] ?? 0) })
        lines += ["", "Differences that are known:"]
        lines += Self.lines(NormalisationRow.allCases.map { ($0.rawValue, counts.rows[$0] ?? 0) })
        lines += ["", "Edges that came although nothing new had (allowed):"]
        let edges = ObserverName.allCases.filter(\.trigger.isEdge)
        lines += Self.lines(edges.map { ($0.rawValue, counts.extraEdges[$0] ?? 0) })
        lines += ["", modelLine, loopLine, verdict]
        return lines.joined(separator: "\n")
    }

    private var headline: String {
        let operations = counts.operations.values.reduce(0, +)
        return "Seed \(seed): \(Self.grouped(operations)) operations in \(Self.grouped(counts.episodes)) worlds, "
            + "\(Self.grouped(counts.observations)) observations, \(seconds) s"
            + " (\(Self.grouped(observationsPerMinute)) observations a minute)"
    }

    /// How fast it was.
    package var observationsPerMinute: Int {
        let passed = time / .seconds(1)
        return passed > 0 ? Int(Double(counts.observations) / passed * 60) : 0
    }

    private var seconds: String {
        let tenths = Int(time / .milliseconds(100))
        return "\(tenths / 10).\(tenths % 10)"
    }

    private var modelLine: String {
        let permille = counts.predictions == 0 ? 0 : counts.openPredictions * 1000 / counts.predictions
        let predictions = Self.grouped(counts.predictions)
        return "The model left \(permille / 10).\(permille % 10) % of its \(predictions) answers open."
    }

    private var loopLine: String {
        "\(Self.grouped(counts.loopScripts)) scripts of \(Self.grouped(counts.loopTasks)) timers, posts and watches in all "
            + "ran on \(EngineName.allCases.count) loops."
    }

    private var verdict: String {
        let text = discovery?.text ?? loopDiscovery?.text
        return text.map { "\n" + $0 } ?? "No difference is unexplained."
    }

    private static func lines(_ values: [(String, Int)]) -> [String] {
        values.map { name, count in "  \(padded(grouped(count), 12))  \(name)" }
    }

    private static func columns(_ values: [(String, Int)]) -> [String] {
        let cells = values.map { name, count in
            padded(grouped(count), 10) + "  " + name + String(repeating: " ", count: max(0, 22 - name.count))
        }
        return stride(from: 0, to: cells.count, by: 3).map { cells[$0..<min($0 + 3, cells.count)].joined() }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func grouped(_ number: Int) -> String {
        var digits = String(number)
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = String(digits.dropLast(3))
        }
        return ([Substring(digits)] + groups).joined(separator: ",")
    }
}
