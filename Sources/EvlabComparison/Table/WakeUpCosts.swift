internal import Sockets

/// What an event costs, over how many descriptors are watched and how many of them are active.
public struct WakeUpCosts: Hashable, Sendable {
    public let cells: [WakeUpCell]

    package init(cells: [WakeUpCell]) {
        self.cells = cells
    }

    /// Each run measures every subject once, beginning with another one.
    ///
    /// - Parameter step: called before each measurement.
    static func measure(_ options: TableOptions, step: (String) -> Void) throws(IOError) -> WakeUpCosts {
        var cells: [WakeUpCell] = []
        for watched in options.watched { cells += try measure(options, watched, step) }
        return WakeUpCosts(cells: cells)
    }

    /// How many times `step` is called.
    static func steps(_ options: TableOptions) -> Int {
        options.watched.count * options.runs * WakeUpSubject.allCases.count
    }

    private static func measure(
        _ options: TableOptions,
        _ watched: Int,
        _ step: (String) -> Void
    ) throws(IOError) -> [WakeUpCell] {
        let active = TableOptions.active(of: watched)
        var cells = active.map { WakeUpCell(watched: watched, active: $0) }
        var pairs = try PairRow(count: watched)
        let subjects = WakeUpSubject.allCases
        for run in 0..<options.runs {
            for turn in subjects.indices {
                let subject = (run + turn) % subjects.count
                step("an event among \(grouped(Double(watched))): \(subjects[subject].rawValue), run \(run + 1)")
                let samples = try subjects[subject].measure(&pairs, active: active)
                for (index, sample) in samples.enumerated() { cells[index].add(sample, of: subject) }
            }
        }
        return cells
    }

    // MARK: What they say

    /// How the cost of an event grows with what is watched while one is active.
    package var growth: TableFinding? {
        let single = cells.filter { $0.active == 1 }
        guard let first = single.first, let last = single.last, first.watched < last.watched else { return nil }
        let subjects: [WakeUpSubject] = [.select, .poll, .epoll]
        let ratios = subjects.map { last.cost(of: $0).allRatios(to: first.cost(of: $0)) }
        let figures = zip(subjects, ratios).map { "\($0.rawValue) \($1.text)" }.joined(separator: ", ")
        let isApart = min(ratios[0].lowest, ratios[1].lowest) > ratios[2].highest
        let range = "from \(first.watched) to \(grouped(Double(last.watched))) watched, one active"
        return TableFinding(
            isApart ? .supported : .undecided,
            "\(range), the cost of an event is this many times as high: \(figures)"
        )
    }

    /// Whether epoll is ahead when all are active.
    package var closing: TableFinding? {
        guard let cell = cells.last, cell.active == cell.watched else { return nil }
        let others: [WakeUpSubject] = [.select, .poll]
        let ratios = others.map { cell.cost(of: $0).ratios(to: cell.cost(of: .epoll)) }
        let figures = zip(others, ratios).map { "\($0.rawValue) \($1.text)" }.joined(separator: ", ")
        let measured =
            "with all \(grouped(Double(cell.watched))) active, an event costs this many times what it costs "
            + "with epoll, level-triggered: \(figures)"
        if ratios.contains(where: { $0.highest < 1 }) { return TableFinding(.supported, measured) }
        if ratios.allSatisfy({ $0.lowest > 1 }) {
            return TableFinding(.corrected, measured + "; so epoll was ahead in every run")
        }
        return TableFinding(.undecided, measured + "; not the same one was ahead in every run")
    }
}
