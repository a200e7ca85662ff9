/// What the numbers of a report allow to say, in a few sentences.
struct Answer {
    private let report: ComparisonReport

    init(_ report: ComparisonReport) {
        self.report = report
    }

    var sentences: [String] { [native, wrapper, scanning].compactMap(\.self) }

    /// What must be known before the sentences are believed.
    var reservations: [String] { [limited, busy].compactMap(\.self) }

    /// The subjects on our own loops and multiplexers over epoll, beside the reference of each cell.
    private var native: String? {
        let ratios = report.cells.flatMap { cell in
            cell.results.filter { $0.subject.family == .native && !$0.subject.scans }
                .compactMap { cell.headline(of: $0) }
        }
        guard !ratios.isEmpty else { return nil }
        let better = ratios.count { $0.verdict == .faster }
        let worse = ratios.count { $0.verdict == .slower }
        let equal = ratios.count { $0.verdict == .equal }
        let open = ratios.count - better - worse - equal
        return
            "Of \(counted(ratios.count, "comparison")) of native Swift on epoll with plain C on libevent, in time or, of "
            + "servers, in CPU time a message, ours takes less in \(better), more in \(worse), and the same within 2 % in "
            + "\(equal); in \(open) nothing can be said. In the middle of all it is "
            + "\(fixed(median(ratios.map(\.median)), 2)) times as fast."
    }

    /// What Swift over libevent takes beside the same in C.
    private var wrapper: String? {
        let pairs = report.cells.flatMap { cell in
            cell.results.filter { $0.subject.family == .libevent }.compactMap { result in
                cell.ratioToTwin(of: result).map { (result: result, cell: cell, ratio: $0) }
            }
        }
        guard !pairs.isEmpty else { return nil }
        let slower = pairs.filter { $0.ratio.verdict == .slower }
        let opening = instructions.map { $0 + "In time it" } ?? "In time the Swift wrapper over libevent"
        let text = opening + " is slower in \(slower.count) of \(counted(pairs.count, "comparison"))"
        guard let worst = slower.min(by: { $0.ratio.median < $1.ratio.median }) else { return text + "." }
        return text + ", most so in \(worst.cell.setting.workload.rawValue) (\(worst.cell.setting.label)), where "
            + "\(worst.result.subject.name) is \(fixed(worst.ratio.median, 2)) times as fast (\(worst.ratio.interval))."
    }

    /// The wrapper's own cost in instructions, where they were counted.
    private var instructions: String? {
        for cell in report.cells(of: .echo) {
            let counted = cell.results.filter { ["event", "bufferevent"].contains($0.subject.name) }.compactMap {
                result in
                cell.instructionsToTwin(of: result).map {
                    "\(fixed($0, 2)) times those of C with \(result.subject.name)"
                }
            }
            guard !counted.isEmpty else { continue }
            return
                "The Swift wrapper over libevent takes, in instructions a message of \(byteSize(cell.setting.width)), "
                + counted.joined(separator: " and ") + ". "
        }
        return nil
    }

    /// What looking at every descriptor costs.
    private var scanning: String? {
        let cells = report.cells(of: .pipes).filter { $0.setting.width == 1 }
        guard let cell = cells.max(by: { $0.setting.n < $1.setting.n }) else { return nil }
        func time(_ name: String) -> Double? { cell.results.first { $0.subject.name == name }?.time(.pipes) }
        guard let epoll = time("epoll"), let poll = time("poll"), let select = time("select") else { return nil }
        return "With \(grouped(Double(cell.setting.n))) descriptors of which one is active, a byte takes "
            + "\(Column.time(epoll)) microseconds on epoll, \(fixed(poll / epoll, 0)) times as long on poll, and "
            + "\(fixed(select / epoll, 0)) times as long on select."
    }

    private var busy: String? {
        guard report.machine.isBusy else { return nil }
        return "Other work kept the machine busy meanwhile (load \(report.machine.load) before, \(report.loadAfter) "
            + "afterwards): intervals are wide, and less can be said than on a quiet machine."
    }

    private var limited: String? {
        let servers = report.cells.filter { $0.setting.workload.hasServer }
        let limited = servers.count { $0.results.contains { $0.isLimitedByGenerator } }
        guard limited > 0 else { return nil }
        return
            "In \(limited) of \(counted(servers.count, "cell")) with a server the load generator was what limited at least "
            + "one subject: there the CPU time tells more than messages a second."
    }
}
