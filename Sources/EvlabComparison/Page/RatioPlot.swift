/// The ratios of one cell with their intervals: a line for each subject, on one logarithmic axis. Lines are rows of a table,
/// so that they are read on a narrow screen and by a screen reader too.
struct RatioPlot {
    /// A row: a subject and what is known of it.
    struct Row {
        let subject: Subject
        let ratio: PairedRatio
        let word: String
        /// The place of the ratio in the JSON.
        let path: String
    }

    let title: String
    let rows: [Row]

    private static let height = 22

    var markup: String {
        guard let axis = LogarithmicAxis(over: [0.9, 1.1] + rows.flatMap { [$0.ratio.low, $0.ratio.high] }) else {
            return ""
        }
        let scale = Markup.element("tr", [("class", "scale")], "<td></td><td>\(scale(axis))</td><td></td><td></td>")
        let body = rows.map { row($0, axis) }.joined(separator: "\n")
        return Markup.element("h4", [], Markup.escaped(title))
            + Markup.element("table", [("class", "ratios")], "<tbody>\n\(body)\n\(scale)</tbody>")
    }

    private func row(_ row: Row, _ axis: LogarithmicAxis) -> String {
        let verdict = row.ratio.verdict
        let cells = [
            Markup.element("th", [("scope", "row")], Markup.escaped(row.subject.name)),
            Markup.element("td", [("class", "track")], track(row, axis)),
            Markup.element(
                "td",
                [("class", "number")],
                Page.number(row.ratio.median, digits: 2, path: row.path + ".median") + " "
                    + Markup.element(
                        "small",
                        [],
                        Page.number(row.ratio.low, digits: 2, path: row.path + ".low") + "–"
                            + Page.number(row.ratio.high, digits: 2, path: row.path + ".high")
                    )
            ),
            Markup.element("td", [("class", "word \(verdict == .undecided ? "open" : verdict.rawValue)")], row.word),
        ]
        return Markup.element("tr", [("class", row.subject.family.rawValue)], cells.joined())
    }

    private func track(_ row: Row, _ axis: LogarithmicAxis) -> String {
        let middle = String(Self.height / 2)
        let marks = [
            Markup.empty(
                "rect",
                [
                    ("class", "band"), ("x", percent(axis.place(1 - Verdict.tolerance))), ("y", "0"),
                    ("width", percent(axis.place(1 + Verdict.tolerance) - axis.place(1 - Verdict.tolerance))),
                    ("height", String(Self.height)),
                ]
            ),
            Markup.empty(
                "line",
                [
                    ("class", "interval"), ("x1", percent(axis.place(row.ratio.low))), ("y1", middle),
                    ("x2", percent(axis.place(row.ratio.high))), ("y2", middle),
                ]
            ),
            Markup.empty(
                "circle",
                [("class", "dot"), ("cx", percent(axis.place(row.ratio.median))), ("cy", middle), ("r", "4.5")]
            ),
        ]
        let size = [("width", "100%"), ("height", String(Self.height)), ("aria-hidden", "true")]
        return Markup.element("svg", size, marks.joined())
    }

    private func scale(_ axis: LogarithmicAxis) -> String {
        let ticks = Page.thinned(axis.ticks, axis, atLeast: 0.2)
        let labels = ticks.map { tick in
            Markup.element(
                "text",
                [("x", percent(axis.place(tick))), ("y", "12"), ("text-anchor", "middle")],
                LogarithmicAxis.label(tick)
            )
        }
        return Markup.element("svg", [("width", "100%"), ("height", "16"), ("aria-hidden", "true")], labels.joined())
    }
}

/// A part of the width, for SVG.
func percent(_ part: Double) -> String { fixed(part * 100, 2) + "%" }
