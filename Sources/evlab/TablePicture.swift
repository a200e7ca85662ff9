internal import EvlabComparison
internal import EvlabDemos
internal import Glibc

/// What an event costs as a picture: on the left while one of the watched is active, on the right while all are.
struct TablePicture {
    private let table: MultiplexingTable
    private var svg = SVGText()

    private static let width = 900
    private static let height = 470
    private static let margin = 28
    private static let top = 118
    private static let bottom = 368

    init(_ table: MultiplexingTable) {
        self.table = table
    }

    /// The whole picture, as an XML document. It follows the reader's choice of light or dark.
    static func svg(of table: MultiplexingTable) -> String {
        var picture = TablePicture(table)
        picture.draw()
        return picture.svg.text
    }

    private mutating func draw() {
        let title = "What an event costs by select, poll and epoll"
        svg.open(width: Self.width, height: Self.height, id: "table", title: title, description: description)
        svg.line(Self.sheet)
        svg.rectangle("sheet", x: 0, y: 0, width: Self.width, height: Self.height, corner: 10)
        svg.text("title", x: Self.margin, y: 38, title)
        svg.text("muted", x: Self.margin, y: 60, "microseconds of CPU; a byte written, found by a wait, and read")
        let cells = table.costs.cells
        let single = cells.filter { $0.active == 1 }
        draw(TablePanel(single, left: 84, right: 340, isLogarithmic: true), "one of them active, logarithmic scale")
        let all = cells.filter { $0.active == $0.watched }
        draw(TablePanel(all, left: 520, right: 745, isLogarithmic: false), "all of them active, linear scale")
        drawNotes()
        svg.close()
    }

    private var description: String {
        let sentences = table.costs.cells.map { cell in
            let costs = zip(WakeUpSubject.allCases, cell.costs).map { "\($0.rawValue) \(fixed($1.median, 2))" }
            return "\(cell.active) of \(cell.watched) active: \(costs.joined(separator: ", "))."
        }
        return "Microseconds an event, medians. " + sentences.joined(separator: " ")
    }

    private mutating func drawNotes() {
        if let closing = table.closing {
            let words = "\"epoll is not necessarily ahead when most are active\": \(closing.verdict.rawValue)"
            svg.text("summary", x: Self.margin, y: 428, words)
        }
        let runs = counted(table.options.runs, "run")
        svg.text(
            "muted small",
            x: Self.margin,
            y: 450,
            "dots: medians of \(runs), bars: lowest to highest; Linux \(table.machine.kernel), "
                + "\(table.machine.isDebugBuild ? "debug" : "release") build"
        )
    }

    // MARK: Panels

    private mutating func draw(_ panel: TablePanel, _ name: String) {
        svg.text("name", x: panel.left, y: 96, name)
        drawAxes(panel)
        for (index, subject) in WakeUpSubject.allCases.enumerated() {
            let kind = "s\(index)"
            svg.polyline("curve \(kind)", panel.cells.map { (panel.x($0), y($0.costs[index].median, panel)) })
            for cell in panel.cells {
                let (x, cost) = (panel.x(cell), cell.costs[index])
                // Bars stand beside each other, dots on their line.
                let bar = x + 4 * index - 6
                svg.rule("spread \(kind)", x1: bar, y1: y(cost.highest, panel), x2: bar, y2: y(cost.lowest, panel))
                svg.circle("dot \(kind)", x: x, y: y(cost.median, panel), radius: 3)
            }
            guard let last = panel.cells.last else { continue }
            let label = "\(subject.rawValue) \(fixed(last.costs[index].median, last.costs[index].median < 100 ? 2 : 0))"
            svg.text("label \(kind)-text", x: panel.right + 12, y: panel.labels(y: labelPlace)[index], label)
        }
    }

    private var labelPlace: (Double, TablePanel) -> Int { { y($0, $1) + 4 } }

    private func y(_ cost: Double, _ panel: TablePanel) -> Int {
        Self.bottom - Int((panel.fraction(of: cost) * Double(Self.bottom - Self.top)).rounded())
    }

    private mutating func drawAxes(_ panel: TablePanel) {
        for tick in panel.ticks {
            let height = y(tick, panel)
            svg.rule("guide", x1: panel.left - 10, y1: height, x2: panel.right + 8, y2: height)
            let words = tick == tick.rounded() ? grouped(tick) : fixed(tick, 1)
            svg.text("tick-left", x: panel.left - 16, y: height + 4, words)
        }
        for cell in panel.cells {
            svg.text("tick", x: panel.x(cell), y: Self.bottom + 20, grouped(Double(cell.watched)))
        }
        svg.text("tick muted", x: (panel.left + panel.right) / 2, y: Self.bottom + 38, "descriptors watched")
    }

    // MARK: Style

    private static let sheet = """
        <style>
          svg { --sheet: #ffffff; --ink: #1f2328; --muted: #59636e; --line: #d1d9e0;
                --s0: #bc4c00; --s1: #8250df; --s2: #0969da; --s3: #1a7f37;
                font-family: system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
          @media (prefers-color-scheme: dark) {
            svg { --sheet: #0d1117; --ink: #f0f6fc; --muted: #9198a1; --line: #3d444d;
                  --s0: #f0883e; --s1: #ab7df8; --s2: #4493f8; --s3: #3fb950; }
          }
          text { font-size: 13px; fill: var(--ink); }
          .title { font-size: 20px; font-weight: 600; }
          .name { font-weight: 600; }
          .muted { fill: var(--muted); }
          .small { font-size: 12px; }
          .tick { font-size: 12px; text-anchor: middle; }
          .tick-left { font-size: 12px; text-anchor: end; fill: var(--muted); }
          .label { font-size: 12px; font-weight: 600; }
          .sheet { fill: var(--sheet); }
          .guide { stroke: var(--line); stroke-dasharray: 2 3; }
          .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
          .curve.s3 { stroke-dasharray: 5 4; }
          .spread { stroke-width: 4; opacity: .35; stroke-linecap: round; }
          .s0 { stroke: var(--s0); } .s1 { stroke: var(--s1); } .s2 { stroke: var(--s2); } .s3 { stroke: var(--s3); }
          .dot.s0, .s0-text { fill: var(--s0); } .dot.s1, .s1-text { fill: var(--s1); }
          .dot.s2, .s2-text { fill: var(--s2); } .dot.s3, .s3-text { fill: var(--s3); }
        </style>
        """
}
