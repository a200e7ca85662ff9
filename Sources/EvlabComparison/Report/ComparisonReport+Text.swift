extension ComparisonReport {
    /// The tables and what is to be said about them.
    public var text: String {
        let tables =
            cells.map { title($0) + "\n" + table(rows($0, Column.all(of: $0))) }
            + cells.filter { !Column.counts(of: $0).isEmpty }.map { cell in
                "\(name(cell)), counted\n" + table(rows(cell, Column.counts(of: cell)))
            }
        let end =
            [
                "x: how many times as fast as the first subject of the table, with its 95 % interval; xC: as the same in C.",
                "CPU x: how many times less CPU time the server took for each than the first one.",
            ]
            + remarks
            + ["Not shown:"] + Self.limits.map { "  " + $0 }
            + ["\(machine) | afterwards \(loadAfter) | seed \(seed)"]
        return (tables + [end.joined(separator: "\n")]).joined(separator: "\n\n")
    }

    private func title(_ cell: Cell) -> String {
        let samples = cell.reference?.samples ?? []
        let rounds = samples.map(\.count).max() ?? 0
        return name(cell)
            + " (\(counted(samples.count, "process")) x \(counted(rounds, "round")))"
    }

    private func name(_ cell: Cell) -> String { "\(cell.setting.workload.rawValue): \(cell.setting.label)" }

    private func rows(_ cell: Cell, _ columns: [Column]) -> [[String]] {
        [["subject"] + columns.map(\.title)]
            + cell.results.filter { result in columns.contains { $0.text(result, cell) != "-" } }.map { result in
                [result.subject.name + (result.isLimitedByGenerator ? " *" : "")]
                    + columns.map { $0.text(result, cell) }
            }
    }
}
