extension MultiplexingTable {
    /// All of it as text, at most 100 columns wide.
    public var text: String {
        (sections.flatMap(Self.lines) + costLines + [""] + notes).joined(separator: "\n")
    }

    // MARK: Sections

    private static func lines(_ section: TableSection) -> [String] {
        let header = row(section.title.uppercased(), ["select", "poll", "epoll"])
        let claims = section.claims.map { wrapped($0, 18) }
        let height = claims.map(\.count).max() ?? 0
        let claimLines = (0..<height).map { line in
            let cells: [String] = claims.map { line < $0.count ? $0[line] : "" }
            return row(line == 0 ? "  tutorials say" : "", cells)
        }
        let rows = section.rows.map { row("  " + $0.label, $0.cells.map(cell)) }
        let settings = section.settings.map { "  \($0.name): \(grouped($0.value))" }
        return [header] + claimLines + rows + settings + section.findings.flatMap(lines) + [""]
    }

    private static func lines(_ finding: TableFinding) -> [String] {
        wrapped("\(finding.verdict.word): \(finding.sentence).", 98).map { "  " + $0 }
    }

    private static func cell(_ value: JSONValue) -> String {
        switch value {
        case .null: "-"
        case .bool(let isTrue): isTrue ? "yes" : "no"
        case .integer(let count): EvlabComparison.grouped(Double(count))
        case .number(let number): CostSamples.significant(number)
        case .string(let text): text
        default: value.description
        }
    }

    /// A figure of the kernel's with its thousands apart, exactly as great as it is.
    private static func grouped(_ digits: String) -> String {
        guard digits.allSatisfy(\.isNumber) else { return digits }
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return result
    }

    private static func row(_ label: String, _ cells: [String]) -> String {
        columns([(label, 42)] + cells.map { ($0, 20) })
    }

    // MARK: Costs

    private var costLines: [String] {
        let title = "AN EVENT'S COST, microseconds of CPU: median (lowest-highest) of \(counted(options.runs, "run"))"
        let header = Self.costRow("watched, active", WakeUpSubject.allCases.map(\.rawValue))
        let parts = costs.cells.last.map(Self.partLines) ?? []
        let findings = [closing].compactMap(\.self).flatMap(Self.lines)
        return [title, header] + costs.cells.map(Self.line) + parts
            + ["  tutorials say: epoll is not necessarily ahead when most are active"] + findings
    }

    private static func line(_ cell: WakeUpCell) -> String {
        let label = "  " + [cell.watched, cell.active].map { grouped(String($0)) }.joined(separator: ", ")
        return costRow(label, cell.costs.map(\.text))
    }

    private static func partLines(_ cell: WakeUpCell) -> [String] {
        guard cell.parts.allSatisfy({ !$0.isEmpty }) else { return [] }
        return ["    writing", "    waiting", "    reading"].enumerated().map { index, label in
            costRow(label, cell.parts.map { $0[index].text })
        }
    }

    private static func costRow(_ label: String, _ cells: [String]) -> String {
        columns([(label, 18)] + cells.map { ($0, 21) })
    }

    // MARK: Notes

    private var notes: [String] {
        var notes = Self.wrapped("\(machine)", 100)
        notes += Self.wrapped(
            "Sockets of the unix family in pairs, one process, one thread, nobody asleep in a wait. CPU, not time by the "
                + "clock, so that other work on the machine disturbs less. An event is a byte written, found by a wait, "
                + "and read.",
            100
        )
        if machine.isDebugBuild { notes.append("This is a debug build: its costs say nothing. Build for release.") }
        return notes
    }

    // MARK: Columns

    /// - Parameter cells: each with the width of its column, of which the last needs none.
    private static func columns(_ cells: [(String, Int)]) -> String {
        var line = ""
        for (text, width) in cells { line += text + String(repeating: " ", count: max(1, width - text.count)) }
        return String(line.reversed().drop { $0 == " " }.reversed())
    }

    /// A text in lines of so many columns, broken between words.
    private static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
