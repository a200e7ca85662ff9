/// The ratios of some cells as one SVG file, for a page that shows pictures: light or dark, as the reader's machine is.
struct Picture {
    private let cells: [Cell]
    private let rows: Int
    private let axis: LogarithmicAxis

    private static let width = 860.0
    private static let left = 170.0
    private static let right = 190.0
    private static let rowHeight = 20.0
    private static let titleHeight = 34.0
    private static let foot = 58.0

    /// - Returns: `nil` when no cell has a ratio.
    init?(_ report: ComparisonReport) {
        cells = report.cells.filter { cell in cell.results.contains { cell.headline(of: $0) != nil } }
        let ratios = cells.flatMap { cell in cell.results.compactMap { cell.headline(of: $0) } }
        // As wide as the dots need: an interval that says nothing may leave it.
        let places = ratios.flatMap { [$0.median / 1.25, $0.median * 1.25] }
        guard let axis = LogarithmicAxis(over: [0.9, 1.1] + places), !ratios.isEmpty else { return nil }
        self.axis = axis
        rows = ratios.count
    }

    private func x(_ ratio: Double) -> Double {
        Self.left + min(max(axis.place(ratio), 0), 1) * (Self.width - Self.left - Self.right)
    }

    var markup: String {
        let bottom = Self.rowHeight * Double(rows) + Self.titleHeight * Double(cells.count)
        let height = bottom + Self.foot
        var top = 0.0
        let panels = cells.map { cell in
            defer {
                top += Self.titleHeight + Self.rowHeight * Double(cell.results.count { cell.headline(of: $0) != nil })
            }
            return panel(cell, top)
        }
        let size = "0 0 \(fixed(Self.width, 0)) \(fixed(height, 0))"
        let attributes = [
            ("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", size), ("width", fixed(Self.width, 0)),
            ("height", fixed(height, 0)), ("role", "img"),
        ]
        let head = [Markup.element("title", [], Markup.escaped(title)), "<style>\(Self.style)</style>"]
        let parts = head + [band(bottom), scale(bottom)] + panels
        return Markup.element("svg", attributes, "\n" + parts.joined(separator: "\n") + "\n") + "\n"
    }

    private var title: String {
        let references = Set(cells.compactMap { $0.reference?.subject.name }).sorted()
        return "How many times as fast as \(references.joined(separator: " or ")), with 95 % intervals"
    }

    private func panel(_ cell: Cell, _ top: Double) -> String {
        let workload = cell.setting.workload
        let reference = cell.reference?.subject.name ?? ""
        let what = workload.isJudgedByCPU ? "CPU time" : workload == .latency ? "delay" : "time"
        let title = "\(workload.rawValue), \(cell.setting.label): \(what) beside \(reference)"
        var lines = [text(8, top + 24, title, "title")]
        let shown = cell.results.filter { cell.headline(of: $0) != nil }
        for (place, result) in shown.enumerated() {
            guard let ratio = cell.headline(of: result) else { continue }
            lines.append(row(result.subject, ratio, top + Self.titleHeight + Self.rowHeight * Double(place)))
        }
        return lines.joined(separator: "\n")
    }

    private func row(_ subject: Subject, _ ratio: PairedRatio, _ top: Double) -> String {
        let middle = top + Self.rowHeight / 2
        let interval = Markup.empty(
            "line",
            [
                ("class", "interval"), ("x1", fixed(x(ratio.low), 1)), ("x2", fixed(x(ratio.high), 1)),
                ("y1", fixed(middle, 1)), ("y2", fixed(middle, 1)),
            ]
        )
        let dot = Markup.empty(
            "circle",
            [("class", "dot"), ("cx", fixed(x(ratio.median), 1)), ("cy", fixed(middle, 1)), ("r", "4.5")]
        )
        let numbers = "\(fixed(ratio.median, 2)) (\(fixed(ratio.low, 2))–\(fixed(ratio.high, 2)))"
        let name = text(Self.left - 12, middle + 4, subject.name, "name", anchor: "end")
        let value = text(Self.width - Self.right + 14, middle + 4, numbers, "number")
        return Markup.element("g", [("class", subject.family.rawValue)], name + interval + dot + value)
    }

    private func band(_ bottom: Double) -> String {
        let (low, high) = (x(1 - Verdict.tolerance), x(1 + Verdict.tolerance))
        return Markup.empty(
            "rect",
            [
                ("class", "band"), ("x", fixed(low, 1)), ("y", "30"), ("width", fixed(high - low, 1)),
                ("height", fixed(bottom - 26, 1)),
            ]
        )
    }

    private func scale(_ bottom: Double) -> String {
        let ticks = Page.thinned(axis.ticks, axis, atLeast: 0.07).map { tick in
            text(x(tick), bottom + 20, LogarithmicAxis.label(tick), "number", anchor: "middle")
        }
        let legend = "times as fast; right of 1 is better; bars are 95 % intervals, the band is 2 % either way"
        return (ticks + [text(Self.width / 2, bottom + 42, legend, "number", anchor: "middle")]).joined(separator: "\n")
    }

    private func text(_ x: Double, _ y: Double, _ content: String, _ kind: String, anchor: String = "start") -> String {
        Markup.element(
            "text",
            [("class", kind), ("x", fixed(x, 1)), ("y", fixed(y, 1)), ("text-anchor", anchor)],
            Markup.escaped(content)
        )
    }

    private static let style = """
        text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #5b6675; }
        .title { font-weight: 600; fill: #1c2430; } .band { fill: #d9dfe7; }
        .native { --own: #0b63ce; } .libevent { --own: #c2410c; } .c { --own: #4b5563; } .peer { --own: #15803d; }
        .name { fill: var(--own); } .dot { fill: var(--own); }
        .interval { stroke: var(--own); stroke-width: 3; stroke-linecap: round; opacity: .55; }
        @media (prefers-color-scheme: dark) { text { fill: #9aa6b5; } .title { fill: #e6eaf0; } .band { fill: #2e3947; }
          .native { --own: #6aa9ff; } .libevent { --own: #fb923c; } .c { --own: #a8b3c1; } .peer { --own: #4ade80; } }
        """
}

extension ComparisonReport {
    /// The ratios as a picture; `nil` when there is none to show.
    public var svg: String? { Picture(self)?.markup }
}
