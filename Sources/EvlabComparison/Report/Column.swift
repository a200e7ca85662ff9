/// A column of the tables, on the terminal and on the page.
struct Column {
    let title: String
    /// What it says of a subject; `-` where there is nothing to say.
    let text: (SubjectResult, Cell) -> String

    /// The columns in which at least one subject of a cell has something to say.
    static func all(of cell: Cell) -> [Column] {
        candidates(cell.setting.workload).filter { column in
            cell.results.contains { column.text($0, cell) != "-" }
        }
    }

    private static func candidates(_ workload: Workload) -> [Column] {
        [
            Column(title: "us each") { result, cell in
                time(result.middle(\.each))
            },
            Column(title: "\(workload.operation)s/s") { result, _ in
                grouped(1_000_000_000 / result.middle(\.each))
            },
            delay("p50 us", 50), delay("p99 us", 99), delay("p99.9 us", 99.9),
            Column(title: "CPU us") { result, _ in
                let cpu = result.cpuEach
                return cpu > 0 ? fixed(cpu, 2) : "-"
            },
            Column(title: "calls") { result, _ in
                result.systemCalls.value.map { fixed($0, 2) } ?? "-"
            },
            Column(title: "x") { result, cell in
                cell.ratio(of: result).map { fixed($0.median, 2) } ?? "-"
            },
            Column(title: "95 %") { result, cell in
                cell.ratio(of: result)?.interval ?? "-"
            },
            Column(title: "verdict") { result, cell in
                cell.ratio(of: result)?.verdict.rawValue ?? "-"
            },
            Column(title: "CPU x") { result, cell in
                cell.cpuRatio(of: result).map { fixed($0.median, 2) } ?? "-"
            },
            Column(title: "CPU 95 %") { result, cell in
                cell.cpuRatio(of: result)?.interval ?? "-"
            },
            Column(title: "CPU verdict") { result, cell in
                cell.cpuRatio(of: result)?.verdict.wordForCost ?? "-"
            },
            Column(title: "xC") { result, cell in
                cell.ratioToTwin(of: result).map { fixed($0.median, 2) } ?? "-"
            },
            Column(title: "xC 95 %") { result, cell in
                cell.ratioToTwin(of: result)?.interval ?? "-"
            },
        ]
    }

    /// Microseconds from nanoseconds, with as many digits as they deserve.
    static func time(_ nanoseconds: Double) -> String {
        fixed(nanoseconds / 1000, nanoseconds < 1000 ? 3 : nanoseconds < 100_000 ? 2 : 0)
    }

    private static func delay(_ title: String, _ percentile: Double) -> Column {
        Column(title: title) { result, _ in
            result.delay(at: percentile).map { fixed($0 / 1000, $0 < 100_000 ? 1 : 0) } ?? "-"
        }
    }
}

extension PairedRatio {
    /// The ends of the interval, for people.
    var interval: String { fixed(low, 2) + "-" + fixed(high, 2) }
}
