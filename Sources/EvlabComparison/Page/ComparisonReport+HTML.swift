extension ComparisonReport {
    /// The report as one page that needs nothing else: no script, no font, no network.
    public var html: String {
        let head = [
            Markup.empty("meta", [("charset", "utf-8")]),
            Markup.empty("meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
            Markup.empty("meta", [("name", "color-scheme"), ("content", "light dark")]),
            Markup.element("title", [], "Native multiplexing and libevent, side by side"),
            // Not escaped as text is: a style is read as it stands, and this one has nothing to escape.
            "<style>\n\(Page.style)\n</style>",
        ]
        let main = [introduction, answer, ratioPlots, spectra, costs, counts, tables, background]
        return "<!DOCTYPE html>\n"
            + Markup.element(
                "html",
                [("xmlns", "http://www.w3.org/1999/xhtml"), ("lang", "en")],
                "\n" + Markup.element("head", [], head.joined(separator: "\n")) + "\n"
                    + Markup.element("body", [], Markup.element("main", [], main.joined(separator: "\n"))) + "\n"
            ) + "\n"
    }

    // MARK: What was asked, and the answer

    private var introduction: String {
        let asked = workloads.map { "\($0.rawValue): \($0.explanation)" }
        return Markup.element("h1", [], "Native multiplexing and libevent, side by side")
            + Markup.element(
                "p",
                [("class", "lead")],
                Markup.escaped(
                    "Measured by evlab compare\(date.isEmpty ? "" : " on \(date)"): \(machine.cores.usable) x "
                        + "\(machine.processor)\(machine.isVirtual ? " (virtual machine)" : ""), Linux \(machine.kernel), "
                        + "libevent \(machine.libevent), Swift \(machine.swift)."
                )
            )
            + Markup.element("h2", [], "What was asked")
            + Markup.paragraph(
                "How much time does the same work take on select, poll and epoll in Swift, on libevent through Swift, and on "
                    + "both in plain C?"
            )
            + Markup.list(asked)
    }

    private var answer: String {
        Markup.element("h2", [], "The answer")
            + Markup.element(
                "div",
                [("class", "answer")],
                Answer(self).sentences.map(Markup.paragraph).joined(separator: "\n")
            )
            + Answer(self).reservations.map(Markup.paragraph).joined(separator: "\n") + Markup.paragraph(Self.method)
    }

    // MARK: Plots

    private static let key = """
        <p class="key"><span><i style="background:var(--native)">&#160;</i>native, Swift</span>\
        <span><i style="background:var(--libevent)">&#160;</i>libevent, Swift</span>\
        <span><i style="background:var(--c)">&#160;</i>plain C</span><span><i style="background:var(--peer)">&#160;</i>peers</span></p>
        """

    private var ratioPlots: String {
        let plots = workloads.map { workload in
            Markup.element("h3", [], Markup.escaped("\(workload.rawValue): \(workload.explanation)"))
                + cells.indices.filter { cells[$0].setting.workload == workload }.map(ratioPlots).joined(
                    separator: "\n"
                )
        }
        return Markup.element("h2", [], "How many times as fast")
            + Markup.paragraph(
                "Each dot is a ratio to the first subject of its cell, each bar its 95 % interval; right of 1 is better. The "
                    + "grey band is 2 % either way."
            ) + Self.key + plots.joined(separator: "\n")
    }

    private func ratioPlots(_ index: Int) -> String {
        let cell = cells[index]
        guard let reference = cell.reference?.subject.name else { return "" }
        func rows(_ name: String, _ ratio: (SubjectResult) -> PairedRatio?, _ word: (Verdict) -> String) -> [RatioPlot
            .Row]
        {
            cell.results.enumerated().compactMap { place, result in
                ratio(result).map { ratio in
                    RatioPlot.Row(
                        subject: result.subject,
                        ratio: ratio,
                        word: ratio.verdict == .undecided ? "–" : word(ratio.verdict),
                        path: "cells.\(index).subjects.\(place).\(name)"
                    )
                }
            }
        }
        let label = cell.setting.label
        let what =
            cell.setting.workload == .latency
            ? "delay at the middle of the spectrum" : "\(cell.setting.workload.operation)s a second"
        let times = RatioPlot(
            title: "\(label): \(what), beside \(reference)",
            rows: rows("ratio", cell.ratio, \.rawValue)
        )
        let costs = RatioPlot(
            title: "\(label): CPU time of the server, beside \(reference)",
            rows: rows("cpuRatio", cell.cpuRatio, \.wordForCost)
        )
        return [times, costs].filter { !$0.rows.isEmpty }.map(\.markup).joined(separator: "\n")
    }

    private var spectra: String {
        let plots = cells(of: .latency).compactMap(spectrum)
        guard !plots.isEmpty else { return "" }
        return Markup.element("h2", [], "Delays at a fixed rate")
            + Markup.paragraph(
                "Messages are sent when they are due, whatever has come back; a delay counts from then, so that a stall is "
                    + "not hidden. Each line is the median of the measurements at each percentile."
            ) + plots.joined(separator: "\n")
    }

    private func spectrum(_ cell: Cell) -> String? {
        let marks = Sample.percentiles
        let lines = cell.results.map { result in
            LinePlot.Line(
                subject: result.subject,
                points: marks.enumerated().compactMap { place, mark in
                    result.delay(at: mark).map { (x: Double(place), y: $0 / 1000) }
                }
            )
        }.filter { !$0.points.isEmpty }
        guard let axis = LogarithmicAxis(over: lines.flatMap { $0.points.map(\.y) }) else { return nil }
        let rates = cell.results.map { 1_000_000_000 / $0.middle(\.each) }
        let achieved = "achieved \(grouped(rates.min() ?? 0)) to \(grouped(rates.max() ?? 0))"
        return LinePlot(
            title: "\(cell.setting.label) (\(achieved))",
            xTitle: "percentile",
            yTitle: "microseconds",
            lines: lines,
            place: { $0 / Double(marks.count - 1) },
            xTicks: marks.enumerated().map { place, mark in
                (Double(place), mark == 100 ? "max" : mark == mark.rounded() ? fixed(mark, 0) : "\(mark)")
            },
            axis: axis
        ).markup
    }

    private var costs: String {
        let plots = workloads.flatMap { workload in
            var series: [String] = []
            for cell in cells(of: workload) where !series.contains(cell.setting.series) {
                series.append(cell.setting.series)
            }
            return series.compactMap { name in
                cost(workload, name, cells(of: workload).filter { $0.setting.series == name })
            }
        }
        guard !plots.isEmpty else { return "" }
        return Markup.element("h2", [], "Cost as the work grows")
            + Markup.paragraph("Both axes are logarithmic: a flat line costs the same however much there is.")
            + plots.joined(separator: "\n")
    }

    private func cost(_ workload: Workload, _ series: String, _ cells: [Cell]) -> String? {
        let cells = cells.sorted { $0.setting.n < $1.setting.n }
        guard cells.count > 1, workload != .latency else { return nil }
        var subjects: [Subject] = []
        for result in cells.flatMap(\.results) where !subjects.contains(result.subject) {
            subjects.append(result.subject)
        }
        let lines = subjects.map { subject in
            LinePlot.Line(
                subject: subject,
                points: cells.compactMap { cell in
                    cell.results.first { $0.subject == subject }.map {
                        (x: Double(cell.setting.n), y: $0.time(workload) / 1000)
                    }
                }
            )
        }
        guard let axis = LogarithmicAxis(over: lines.flatMap { $0.points.map(\.y) }),
            let across = LogarithmicAxis(over: cells.map { Double($0.setting.n) })
        else { return nil }
        return LinePlot(
            title: workload.rawValue + (series.isEmpty ? "" : ", \(series)"),
            xTitle: workload.axis,
            yTitle: "microseconds a \(workload.operation)",
            lines: lines,
            place: across.place,
            xTicks: cells.map { (Double($0.setting.n), grouped(Double($0.setting.n))) },
            axis: axis
        ).markup
    }

    // MARK: Numbers

    /// What was counted, where it was.
    private var counts: String {
        let counted = cells.indices.filter { !Column.counts(of: cells[$0]).isEmpty }
        guard !counted.isEmpty else { return "" }
        return Markup.element("h2", [], "What does not depend on the clock")
            + Markup.paragraph(
                "Each number is the difference between a short and a long run: instructions in user space and allocations under "
                    + "callgrind, system calls under strace, memory of the process's own. xC: how many times the instructions "
                    + "of the same in plain C."
            ) + counted.map { table($0, Column.counts(of: cells[$0])) }.joined(separator: "\n")
    }

    private var tables: String {
        Markup.element("h2", [], "All numbers")
            + Markup.paragraph(
                "us each: microseconds for one operation, the median of all measurements. x: how "
                    + "many times as fast as the first subject; xC: as the same in plain C; CPU x: how many times less CPU "
                    + "time of the server. *: the load generator was busy for over 90 % of its core."
            ) + cells.indices.map(table).joined(separator: "\n")
    }

    private func table(_ index: Int) -> String { table(index, Column.all(of: cells[index])) }

    /// A table of one cell under its name.
    private func table(_ index: Int, _ columns: [Column]) -> String {
        let cell = cells[index]
        let head = (["subject"] + columns.map(\.title)).map {
            Markup.element("th", [("scope", "col")], Markup.escaped($0))
        }
        // Who has nothing in any column, since it was not counted, has no row.
        let shown = cell.results.enumerated().filter { _, result in columns.contains { $0.text(result, cell) != "-" } }
        let rows = shown.map { place, result in
            let name = result.subject.name + (result.isLimitedByGenerator ? " *" : "")
            let texts = columns.map { column in
                Markup.element("td", [], column.markup(result, cell, path: "cells.\(index).subjects.\(place)"))
            }
            let title = [("scope", "row"), ("title", result.subject.explanation)]
            return Markup.element("tr", [], Markup.element("th", title, Markup.escaped(name)) + texts.joined())
        }
        return Markup.element("h3", [], Markup.escaped("\(cell.setting.workload.rawValue): \(cell.setting.label)"))
            + Markup.element(
                "div",
                [("class", "wide")],
                Markup.element(
                    "table",
                    [("class", "numbers")],
                    Markup.element("thead", [], Markup.element("tr", [], head.joined()))
                        + Markup.element("tbody", [], rows.joined(separator: "\n"))
                )
            )
    }

    // MARK: Background

    private var background: String {
        var names: [String] = []
        var explanations: [String] = []
        for subject in cells.flatMap(\.results).map(\.subject) where !names.contains(subject.name + subject.explanation)
        {
            names.append(subject.name + subject.explanation)
            explanations.append("\(subject.name): \(subject.explanation)")
        }
        return Markup.element("h2", [], "What this does not show") + Markup.list(Self.limits)
            + (remarks.isEmpty ? "" : Markup.element("h2", [], "To be known when judging it") + Markup.list(remarks))
            + Markup.element("h2", [], "Who was measured") + Markup.list(explanations)
            + Markup.element("h2", [], "Where and with what") + environment
    }

    private var environment: String {
        let lines: [(String, String)] = [
            ("kernel", "Linux \(machine.kernel)"),
            (
                "processor",
                "\(machine.cores.usable) x \(machine.processor)\(machine.isVirtual ? ", virtual machine" : "")"
            ),
            (
                "cores",
                machine.cores.server == nil ? "shared by servers and load" : "one for servers, another for their load"
            ),
            ("clock", machine.clockSource), ("descriptors", grouped(Double(machine.descriptorLimit))),
            ("libevent", machine.libevent),
            ("Swift", "\(machine.swift), \(machine.isDebugBuild ? "debug" : "release") build"),
            ("commit", machine.revision ?? "unknown"),
            ("load average", "\(machine.load) before, \(loadAfter) afterwards"),
            (
                "measured",
                "up to \(counted(processes, "process")) x \(counted(rounds, "round")) of at least \(fixed(seconds * 1000, 0)) ms"
            ),
            ("seed", String(seed)),
        ]
        let items = lines.map { Markup.element("dt", [], $0.0) + Markup.element("dd", [], Markup.escaped($0.1)) }
        return Markup.element("dl", [], items.joined(separator: "\n"))
            + Markup.element(
                "p",
                [],
                "Again: " + Markup.element("code", [], "scripts/evlab compare --seed \(seed)")
                    + "; every measurement: " + Markup.element("code", [], "--json FILE")
            )
    }
}
