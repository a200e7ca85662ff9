/// A trace as a picture: time runs to the right, a column a step, and below the script a lane for each thing that the kernel
/// was asked.
struct TracePicture {
    private let trace: Trace
    private var svg = SVGText()

    private static let gutter = 148
    private static let margin = 28
    private static let height = 494

    /// Where the lanes lie, from top to bottom.
    private enum Lane {
        static let script = 86
        static let bytesTop = 136
        static let bytesBottom = 226
        static let ready = 262
        static let armed = 306
        static let waits = 352
        static let summary = 406
        static let legend = 456
    }

    /// The width of a step: long names need more.
    private var column: Int { trace.steps.contains { $0.action.description.count > 8 } ? 72 : 58 }
    private var mostBytes: Int { max(1, trace.steps.map(\.after.buffered).max() ?? 1) }
    private var width: Int { max(Self.gutter + trace.steps.count * column + Self.margin, 900) }

    init(_ trace: Trace) {
        self.trace = trace
    }

    /// The whole picture, as an XML document. It follows the reader's choice of light or dark.
    static func svg(of trace: Trace) -> String {
        var picture = TracePicture(trace)
        picture.draw()
        return picture.svg.text
    }

    private mutating func draw() {
        let mode = trace.mode
        svg.open(
            width: width,
            height: Self.height,
            id: "trace-\(mode.rawValue)",
            title: title,
            description: description
        )
        svg.line(TraceStyle.sheet)
        svg.rectangle("sheet", x: 0, y: 0, width: width, height: Self.height, corner: 10)
        svg.text("title", x: Self.margin, y: 38, title)
        svg.text("muted", x: Self.margin, y: 60, "epoll_ctl(…, \(mode.flags)): \(Self.rule(of: mode))")
        drawNames()
        drawGuides()
        drawBytes()
        drawReady()
        drawArmed()
        drawScript()
        drawWaits()
        svg.text("summary", x: Self.margin, y: Lane.summary, trace.waitsSummary)
        svg.text("summary", x: Self.margin, y: Lane.summary + 20, trace.endSummary)
        drawLegend()
        svg.close()
    }

    // MARK: Words

    private var title: String { "epoll, \(trace.mode.name)" }

    private static func rule(of mode: TraceMode) -> String {
        switch mode {
        case .level: "every wait reports the socket for as long as bytes wait in it"
        case .edge: "one report for each arrival, on top of old bytes too; a partial read brings none"
        case .levelOneShot: "one report, then none until the socket is armed again"
        case .edgeOneShot: "one report, then none until the socket is armed again"
        }
    }

    private var description: String {
        let steps = trace.steps.map { step in
            step.explanation.isEmpty ? step.action.description : "\(step.action): \(step.explanation)"
        }
        return steps.joined(separator: "; ") + ". \(trace.waitsSummary) \(trace.endSummary)"
    }

    private mutating func drawNames() {
        let names = [
            (Lane.script, "script", ""), ((Lane.bytesTop + Lane.bytesBottom) / 2, "bytes", "in the socket"),
            (Lane.ready, "ready list", "of epoll"), (Lane.armed, "armed", ""), (Lane.waits, "wait", "returns"),
        ]
        for (y, name, more) in names {
            svg.text("name", x: Self.margin, y: more.isEmpty ? y + 4 : y - 3, name)
            if !more.isEmpty { svg.text("muted small", x: Self.margin, y: y + 12, more) }
        }
    }

    // MARK: Lanes

    /// The middle of a step's column: when it happened.
    private func x(_ step: Int) -> Int { Self.gutter + step * column + column / 2 }

    private var left: Int { Self.gutter }
    private var right: Int { Self.gutter + trace.steps.count * column }

    /// How things stood, from when to when: before the first step, and after each.
    private var stretches: [(from: Int, to: Int, state: TraceStep.State)] {
        var stretches = [(from: left, to: x(0), state: trace.start)]
        for (index, step) in trace.steps.enumerated() {
            let to = index + 1 < trace.steps.count ? x(index + 1) : right
            stretches.append((from: x(index), to: to, state: step.after))
        }
        return stretches
    }

    /// Where a property of the state holds without a break.
    private func runs(_ holds: (TraceStep.State) -> Bool) -> [(from: Int, to: Int)] {
        var runs: [(from: Int, to: Int)] = []
        for stretch in stretches where holds(stretch.state) {
            if let last = runs.last, last.to == stretch.from {
                runs[runs.count - 1].to = stretch.to
            } else {
                runs.append((stretch.from, stretch.to))
            }
        }
        return runs
    }

    private mutating func drawGuides() {
        for (index, step) in trace.steps.enumerated() {
            let bottom = step.action == .wait ? Lane.waits - 9 : Lane.armed + 10
            svg.rule("guide", x1: x(index), y1: Lane.script + 15, x2: x(index), y2: bottom)
        }
        svg.rule("axis", x1: left, y1: Lane.bytesBottom, x2: right, y2: Lane.bytesBottom)
    }

    private func y(_ bytes: Int) -> Int {
        Lane.bytesBottom - bytes * (Lane.bytesBottom - Lane.bytesTop) / mostBytes
    }

    private mutating func drawBytes() {
        var outline: [(Int, Int)] = []
        for stretch in stretches {
            outline.append((stretch.from, y(stretch.state.buffered)))
            outline.append((stretch.to, y(stretch.state.buffered)))
        }
        svg.polygon("area", [(left, Lane.bytesBottom)] + outline + [(right, Lane.bytesBottom)])
        svg.polyline("level", outline)
        var shown = 0
        for stretch in stretches where stretch.state.buffered != shown {
            shown = stretch.state.buffered
            svg.text("count", x: (stretch.from + stretch.to) / 2, y: y(shown) - 6, String(shown))
        }
    }

    private mutating func drawReady() {
        svg.rectangle("track", x: left, y: Lane.ready - 9, width: right - left, height: 18, corner: 4)
        for run in runs({ $0.buffered > 0 && !$0.isReady }) {
            svg.rectangle("silent", x: run.from, y: Lane.ready - 9, width: run.to - run.from, height: 18, corner: 4)
        }
        for run in runs(\.isReady) {
            svg.rectangle("ready", x: run.from, y: Lane.ready - 9, width: run.to - run.from, height: 18, corner: 4)
        }
        for (index, step) in trace.steps.enumerated() where step.firesAgain {
            svg.text("again", x: x(index) + 4, y: Lane.ready - 14, "again")
        }
    }

    private mutating func drawArmed() {
        svg.rectangle("track", x: left, y: Lane.armed - 5, width: right - left, height: 10, corner: 4)
        for run in runs(\.isArmed) {
            svg.rectangle("armed", x: run.from, y: Lane.armed - 5, width: run.to - run.from, height: 10, corner: 4)
        }
    }

    private mutating func drawScript() {
        for (index, step) in trace.steps.enumerated() {
            let kind =
                switch step.action {
                case .write, .end: "write"
                case .read, .drain: "read"
                case .wait: "wait"
                case .rearm: "rearm"
                }
            svg.rectangle(
                "pill \(kind)",
                x: x(index) - column / 2 + 2,
                y: Lane.script - 12,
                width: column - 4,
                height: 24,
                corner: 6
            )
            svg.text("pill-text", x: x(index), y: Lane.script + 4, step.action.description)
        }
    }

    private mutating func drawWaits() {
        for (index, step) in trace.steps.enumerated() where step.action == .wait {
            let kind = step.isSilent ? "missed" : step.outcome == .wouldBlock ? "blocks" : "event"
            svg.circle(kind, x: x(index), y: Lane.waits, radius: 7)
            svg.text(
                "\(kind)-text",
                x: x(index),
                y: Lane.waits + 23,
                step.outcome == .wouldBlock ? "blocks" : "readable"
            )
        }
    }

    private mutating func drawLegend() {
        let bars = [
            ("ready", 0, "the next wait returns it"), ("silent", 196, "bytes wait, and no wait says so"),
            ("armed", 438, "epoll still looks at it"),
        ]
        for (kind, offset, words) in bars {
            svg.rectangle(kind, x: Self.margin + offset, y: Lane.legend - 9, width: 20, height: 10, corner: 3)
            svg.text("muted small", x: Self.margin + offset + 28, y: Lane.legend, words)
        }
        svg.text("again", x: Self.margin + 618, y: Lane.legend, "again")
        svg.text("muted small", x: Self.margin + 656, y: Lane.legend, "an arrival on top of old bytes")
        let circles = [
            ("event", 0, "the wait returned"), ("blocks", 196, "it would have blocked"),
            ("missed", 438, "it would have blocked, with bytes waiting"),
        ]
        for (kind, offset, words) in circles {
            svg.circle(kind, x: Self.margin + offset + 10, y: Lane.legend + 16, radius: 5)
            svg.text("muted small", x: Self.margin + offset + 28, y: Lane.legend + 20, words)
        }
    }
}
