internal import Readiness

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
        case .edge: "one report after each arrival, on top of old bytes too; arrivals before the same wait count once"
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

    /// How things stood, from when to when.
    private struct Stretch {
        let from: Int
        let to: Int
        let state: TraceStep.State
        /// The last wait returned the socket, so its reader is still at work.
        let isServed: Bool

        /// Bytes wait, and epoll will not name the socket.
        var isUnreported: Bool { state.buffered > 0 && !state.isReady }
        /// That is no harm: the reader is at work, or has asked for silence.
        var isCalm: Bool { isUnreported && (isServed || !state.isArmed) }
        /// A wait would block, though bytes are left and nobody is at work on them.
        var isTrap: Bool { isUnreported && !isCalm }
    }

    /// Before the first step, and after each.
    private var stretches: [Stretch] {
        var stretches = [Stretch(from: left, to: x(0), state: trace.start, isServed: false)]
        var isServed = false
        for (index, step) in trace.steps.enumerated() {
            if step.action == .wait { isServed = step.outcome != .wouldBlock }
            let to = index + 1 < trace.steps.count ? x(index + 1) : right
            stretches.append(Stretch(from: x(index), to: to, state: step.after, isServed: isServed))
        }
        return stretches
    }

    /// Where something holds without a break.
    private func runs(_ holds: (Stretch) -> Bool) -> [(from: Int, to: Int)] {
        var runs: [(from: Int, to: Int)] = []
        for stretch in stretches where holds(stretch) {
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
        let bars = [("calm", runs(\.isCalm)), ("trap", runs(\.isTrap)), ("ready", runs(\.state.isReady))]
        for (kind, runs) in bars {
            for run in runs {
                svg.rectangle(kind, x: run.from, y: Lane.ready - 9, width: run.to - run.from, height: 18, corner: 4)
            }
        }
        for (index, step) in trace.steps.enumerated() where step.firesAgain {
            svg.text("again", x: x(index) + 4, y: Lane.ready - 14, "again")
        }
    }

    private mutating func drawArmed() {
        svg.rectangle("track", x: left, y: Lane.armed - 5, width: right - left, height: 10, corner: 4)
        for run in runs(\.state.isArmed) {
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
            let kind = step.isSilent && step.after.isArmed ? "missed" : step.outcome == .wouldBlock ? "blocks" : "event"
            svg.circle(kind, x: x(index), y: Lane.waits, radius: 7)
            svg.text(
                "\(kind)-text",
                x: x(index),
                y: Lane.waits + 23,
                step.outcome == .wouldBlock ? "blocks" : "readable"
            )
        }
    }

    // MARK: Legend

    /// Only what can occur under the mode.
    private mutating func drawLegend() {
        let trigger = trace.mode.trigger
        var bars = [("ready", "the next wait returns it")]
        var circles = [("event", "the wait returned"), ("blocks", "it would have blocked")]
        if trigger.isOneShot {
            bars.append(("calm", "bytes wait until it is armed again"))
        } else if trigger.isEdge {
            bars += [("calm", "the reader is at work"), ("trap", "bytes wait, and no wait says so")]
            circles.append(("missed", "it would have blocked, bytes waiting"))
        }
        bars.append(("armed", "epoll still looks at it"))
        var x = Self.margin
        for (kind, words) in bars {
            svg.rectangle(kind, x: x, y: Lane.legend - 9, width: 20, height: 10, corner: 3)
            x = drawLegend(words, x: x + 28, y: Lane.legend)
        }
        x = Self.margin
        for (kind, words) in circles {
            svg.circle(kind, x: x + 10, y: Lane.legend + 16, radius: 5)
            x = drawLegend(words, x: x + 28, y: Lane.legend + 20)
        }
        guard trigger == .edge else { return }
        svg.text("again", x: x, y: Lane.legend + 20, "again")
        _ = drawLegend("an arrival on top of old bytes", x: x + 38, y: Lane.legend + 20)
    }

    /// Words of the legend; where the next entry begins.
    private mutating func drawLegend(_ words: String, x: Int, y: Int) -> Int {
        svg.text("muted small", x: x, y: y, words)
        // Fonts differ in width; this is more than the usual ones need.
        return x + words.count * 7 + 10
    }
}
