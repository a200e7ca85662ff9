/// A column of the tables, on the terminal and on the page.
struct Column {
    /// What a column says of a subject.
    enum Entry {
        case nothing
        case text(String)
        /// A number with so many decimals that is also in the JSON, at this place below the subject.
        case number(Double, digits: Int, path: String)
        /// The ends of the interval of a ratio at this place.
        case interval(PairedRatio, path: String)
    }

    let title: String
    let entry: (SubjectResult, Cell) -> Entry

    /// The columns in which at least one subject of a cell has something to say.
    static func all(of cell: Cell) -> [Column] {
        candidates(cell.setting.workload).filter { column in
            cell.results.contains { column.text($0, cell) != "-" }
        }
    }

    /// The columns of the table of counts; none when nothing was counted in the cell.
    static func counts(of cell: Cell) -> [Column] {
        let operation = "/" + cell.setting.workload.operation
        let all = [
            count("instructions\(operation)", "operation.instructions", 0) { $0.operation.instructions },
            Column(title: "xC") { result, cell in
                cell.instructionsToTwin(of: result).map { .number($0, digits: 2, path: "instructionsToTwin") }
                    ?? .nothing
            },
            count("allocations\(operation)", "operation.allocations", 2) { $0.operation.allocations },
            count("calls\(operation)", "operation.systemCalls", 2) { $0.operation.systemCalls },
            count("instructions/connection", "connection.instructions", 0) { $0.connection.instructions },
            count("allocations/connection", "connection.allocations", 1) { $0.connection.allocations },
            count("calls/connection", "connection.systemCalls", 1) { $0.connection.systemCalls },
            count("bytes/connection", "connection.memory", 0) { $0.connection.memory },
        ]
        return all.filter { column in cell.results.contains { column.text($0, cell) != "-" } }
    }

    private static func count(
        _ title: String,
        _ path: String,
        _ digits: Int,
        _ value: @escaping (CostCounts) -> Double?
    ) -> Column {
        Column(title: title) { result, _ in
            result.counts.flatMap(value).map { .number($0, digits: digits, path: "counts." + path) } ?? .nothing
        }
    }

    /// As text; `-` where there is nothing to say.
    func text(_ result: SubjectResult, _ cell: Cell) -> String {
        switch entry(result, cell) {
        case .nothing: "-"
        case .text(let text): text
        case .number(let value, let digits, _): fixed(value, digits)
        case .interval(let ratio, _): ratio.interval
        }
    }

    /// For the page.
    ///
    /// - Parameter path: where the subject is in the JSON.
    func markup(_ result: SubjectResult, _ cell: Cell, path: String) -> String {
        switch entry(result, cell) {
        case .nothing: "–"
        case .text(let text): Markup.escaped(text == "-" ? "–" : text)
        case .number(let value, let digits, let own): Page.number(value, digits: digits, path: path + "." + own)
        case .interval(let ratio, let own):
            Page.number(ratio.low, digits: 2, path: "\(path).\(own).low") + "–"
                + Page.number(ratio.high, digits: 2, path: "\(path).\(own).high")
        }
    }

    private static func candidates(_ workload: Workload) -> [Column] {
        [
            Column(title: "us each") { result, _ in
                let time = result.middle(\.each)
                return .number(time / 1000, digits: digits(time), path: "microsecondsEach")
            },
            Column(title: "\(workload.operation)s/s") { result, _ in
                .text(grouped(1_000_000_000 / result.middle(\.each)))
            },
            delay("p50 us", 50), delay("p99 us", 99), delay("p99.9 us", 99.9),
            Column(title: "CPU us") { result, _ in
                result.cpuEach > 0 ? .number(result.cpuEach, digits: 2, path: "cpuMicrosecondsEach") : .nothing
            },
        ] + ratio("x", "ratio", \.rawValue) { $1.ratio(of: $0) }
            + ratio("CPU x", "cpuRatio", \.wordForCost) { $1.cpuRatio(of: $0) }
            + ratio("xC", "ratioToTwin", \.rawValue) { $1.ratioToTwin(of: $0) }
    }

    private static func ratio(
        _ title: String,
        _ path: String,
        _ word: @escaping (Verdict) -> String,
        _ ratio: @escaping (SubjectResult, Cell) -> PairedRatio?
    ) -> [Column] {
        [
            Column(title: title) { result, cell in
                ratio(result, cell).map { .number($0.median, digits: 2, path: path + ".median") } ?? .nothing
            },
            Column(title: "\(title) 95 %") { result, cell in
                ratio(result, cell).map { .interval($0, path: path) } ?? .nothing
            },
            Column(title: "verdict") { result, cell in
                ratio(result, cell).map { .text(word($0.verdict)) } ?? .nothing
            },
        ]
    }

    /// Microseconds from nanoseconds, with as many digits as they deserve.
    static func time(_ nanoseconds: Double) -> String { fixed(nanoseconds / 1000, digits(nanoseconds)) }

    private static func digits(_ nanoseconds: Double) -> Int {
        nanoseconds < 1000 ? 3 : nanoseconds < 100_000 ? 2 : 0
    }

    private static func delay(_ title: String, _ percentile: Double) -> Column {
        Column(title: title) { result, _ in
            guard let delay = result.delay(at: percentile) else { return .nothing }
            let path = "delays.\(Sample.percentiles.firstIndex(of: percentile) ?? 0)"
            return .number(delay / 1000, digits: delay < 100_000 ? 1 : 0, path: path)
        }
    }
}

extension PairedRatio {
    /// The ends of the interval, for people.
    var interval: String { fixed(low, 2) + "-" + fixed(high, 2) }
}
