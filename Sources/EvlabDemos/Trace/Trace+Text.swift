extension Trace {
    /// The timeline as text: a line a step, at most 100 columns.
    public var text: String {
        let scale = BarScale(most: steps.map(\.after.buffered).max() ?? 0)
        var lines = ["\(mode.name) (\(mode.flags))", ""]
        lines.append(Self.row("", "step", "bytes in the socket", "ready", "armed", "what follows"))
        lines.append(row("", "start", start, scale, ""))
        for (index, step) in steps.enumerated() {
            lines.append(row(String(index + 1), step.action.description, step.after, scale, step.explanation))
        }
        return (lines + ["", waitsSummary, endSummary]).joined(separator: "\n")
    }

    private func row(
        _ number: String,
        _ action: String,
        _ state: TraceStep.State,
        _ scale: BarScale,
        _ explanation: String
    ) -> String {
        let count = String(state.buffered)
        let bytes = String(repeating: " ", count: max(0, 4 - count.count)) + count + " " + scale.bar(state.buffered)
        return Self.row(
            number,
            action,
            bytes,
            state.isReady ? "  ●" : "  ·",
            state.isArmed ? "  ●" : "  ·",
            explanation
        )
    }

    private static func row(
        _ number: String,
        _ action: String,
        _ bytes: String,
        _ ready: String,
        _ armed: String,
        _ explanation: String
    ) -> String {
        let number = String(repeating: " ", count: max(0, 2 - number.count)) + number
        let row =
            number + "  " + [(action, 10), (bytes, 27), (ready, 7), (armed, 7), (explanation, 0)].map(padded).joined()
        return String(row.reversed().drop { $0 == " " }.reversed())
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension Trace {
    /// Bars of at most 20 places.
    private struct BarScale {
        let most: Int

        func bar(_ count: Int) -> String {
            guard most > 20 else { return String(repeating: "█", count: count) }
            return String(repeating: "█", count: (count * 20 + most - 1) / most)
        }
    }
}

extension TraceStep {
    /// What the call said, and what that did to the ready list.
    var explanation: String {
        switch (action, outcome) {
        case (.wait, .event): "returned: readable" + (after.isArmed ? "" : "; now disarmed")
        case (.wait, _): isSilent ? "would block, with \(after.buffered.bytes) unread" : "would block"
        case (.read, .bytes(let count)): "took \(count), left \(after.buffered)"
        case (.drain, .bytes(let count)): count > 0 ? "took \(count), all there was" : "would block"
        case (_, .wouldBlock): "would block"
        case (_, .end): "the end of the stream"
        case (.rearm, _), (.end, _), (.write, _): arrival
        default: ""
        }
    }

    private var arrival: String {
        switch (before.isReady, after.isReady) {
        case (false, true):
            firesAgain ? "reported again, although \(before.buffered.bytes) were left" : "will be reported"
        case (true, true): "to be reported, as before"
        case (_, false): after.isArmed ? "" : "will not be reported: disarmed"
        }
    }
}

extension Int {
    /// So many bytes, in words.
    fileprivate var bytes: String { self == 1 ? "1 byte" : "\(self) bytes" }
}
