/// Lines over two axes, one a subject, named at their ends. Lengths across are parts of the width, so that the plot fits a
/// narrow screen without its letters shrinking.
struct LinePlot {
    struct Line {
        let subject: Subject
        let points: [(x: Double, y: Double)]
    }

    let title: String
    let xTitle: String
    let yTitle: String
    let lines: [Line]
    /// Where a value lies across, 0 to 1, and what is written there.
    let place: (Double) -> Double
    let xTicks: [(value: Double, label: String)]
    let axis: LogarithmicAxis

    private static let top = 8.0
    private static let height = 250.0
    private static let bottom = 40.0

    private func y(_ value: Double) -> Double { Self.top + (1 - axis.place(value)) * Self.height }
    /// The left is for the numbers, and the right for the last points.
    private func x(_ value: Double) -> String { percent(0.09 + 0.89 * place(value)) }

    var markup: String {
        let total = Self.top + Self.height + Self.bottom
        let plot = Markup.element(
            "svg",
            [
                ("class", "plot"), ("height", fixed(total, 0)), ("role", "img"),
                ("aria-label", "\(title): \(yTitle) over \(xTitle)"),
            ],
            (grid + lines.enumerated().map { drawn($1, $0) }).joined(separator: "\n")
        )
        let names = Markup.element(
            "svg",
            [("class", "names"), ("height", fixed(total, 0))],
            names.joined(separator: "\n")
        )
        let caption = Markup.element("figcaption", [], Markup.escaped("\(title): \(yTitle)"))
        return Markup.element("figure", [], caption + Markup.element("div", [("class", "chart")], plot + names))
    }

    private var grid: [String] {
        let levels = axis.ticks.map { tick in
            let height = fixed(y(tick), 1)
            return Markup.empty(
                "line",
                [("class", "grid"), ("x1", "9%"), ("x2", "100%"), ("y1", height), ("y2", height)]
            )
                + Markup.element(
                    "text",
                    [("x", "8.3%"), ("y", fixed(y(tick) + 4, 1)), ("text-anchor", "end")],
                    LogarithmicAxis.label(tick)
                )
        }
        let columns = xTicks.map { tick in
            Markup.empty(
                "line",
                [
                    ("class", "grid"), ("x1", x(tick.value)), ("x2", x(tick.value)), ("y1", fixed(Self.top, 0)),
                    ("y2", fixed(Self.top + Self.height, 0)),
                ]
            )
                + Markup.element(
                    "text",
                    [("x", x(tick.value)), ("y", fixed(Self.top + Self.height + 15, 0)), ("text-anchor", "middle")],
                    Markup.escaped(tick.label)
                )
        }
        let titles =
            Markup.element(
                "text",
                [
                    ("class", "axis"), ("x", "54%"), ("y", fixed(Self.top + Self.height + 34, 0)),
                    ("text-anchor", "middle"),
                ],
                Markup.escaped(xTitle)
            )
        return levels + columns + [titles]
    }

    private func style(_ line: Line, _ index: Int) -> String {
        let ofFamily = lines[..<index].count { $0.subject.family == line.subject.family }
        return "\(line.subject.family.rawValue) dash\(ofFamily % 4)"
    }

    private func drawn(_ line: Line, _ index: Int) -> String {
        let segments = zip(line.points, line.points.dropFirst()).map { from, to in
            Markup.empty(
                "line",
                [("x1", x(from.x)), ("y1", fixed(y(from.y), 1)), ("x2", x(to.x)), ("y2", fixed(y(to.y), 1))]
            )
        }
        let dots = line.points.map { point in
            Markup.empty("circle", [("cx", x(point.x)), ("cy", fixed(y(point.y), 1)), ("r", "2.5")])
        }
        return Markup.element("g", [("class", "line " + style(line, index))], (segments + dots).joined())
    }

    /// The names at the heights of the last points, as far apart as letters are high.
    private var names: [String] {
        let ends = lines.enumerated().compactMap { index, line in
            line.points.last.map { (index: index, name: line.subject.name, height: y($0.y)) }
        }.sorted { $0.height < $1.height }
        var heights: [Double] = []
        for end in ends { heights.append(max(end.height, (heights.last ?? -.infinity) + 13)) }
        let tooLow = max(0, (heights.last ?? 0) - (Self.top + Self.height + 20))
        var limit = Double.infinity
        for place in heights.indices.reversed() {
            heights[place] = min(heights[place], limit)
            if place == heights.indices.last { heights[place] -= tooLow }
            limit = heights[place] - 13
        }
        return zip(ends, heights).map { end, height in
            let style = style(lines[end.index], end.index)
            return Markup.element(
                "g",
                [("class", "line " + style)],
                Markup.empty(
                    "line",
                    [("x1", "0"), ("y1", fixed(end.height, 1)), ("x2", "14"), ("y2", fixed(height, 1))]
                )
                    + Markup.element(
                        "text",
                        [("x", "18"), ("y", fixed(height + 4, 1))],
                        Markup.escaped(end.name)
                    )
            )
        }
    }
}
