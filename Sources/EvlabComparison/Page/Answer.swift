/// What the numbers of a report allow to say, in a few sentences.
struct Answer {
    private let report: ComparisonReport

    init(_ report: ComparisonReport) {
        self.report = report
    }

    var sentences: [String] {
        [native, wrapper, scanning, limited, busy].compactMap(\.self)
    }

    /// Of a server the CPU time is compared, which the load generator does not limit; else the time.
    private func ratio(_ result: SubjectResult, _ cell: Cell) -> PairedRatio? {
        cell.setting.workload.hasServer && cell.setting.workload != .latency
            ? cell.cpuRatio(of: result) : cell.ratio(of: result)
    }

    /// The subjects on our own loops and multiplexers over epoll, beside the reference of each cell.
    private var native: String? {
        let ratios = report.cells.flatMap { cell in
            cell.results.filter { $0.subject.family == .native && !Self.scans($0.subject) }
                .compactMap { ratio($0, cell) }
        }
        guard !ratios.isEmpty else { return nil }
        let better = ratios.count { $0.verdict == .faster }
        let worse = ratios.count { $0.verdict == .slower }
        let equal = ratios.count { $0.verdict == .equal }
        let open = ratios.count - better - worse - equal
        return
            "Of \(counted(ratios.count, "comparison")) of native Swift on epoll with plain C on libevent, in time or, of "
            + "servers, in CPU time a message, ours takes less in \(better), more in \(worse), and the same within 2 % in "
            + "\(equal); \(open) are too close to call. In the middle of all it is "
            + "\(fixed(median(ratios.map(\.median)), 2)) times as fast."
    }

    private static func scans(_ subject: Subject) -> Bool {
        subject.name.contains("poll") && !subject.name.contains("epoll") || subject.name.contains("select")
    }

    /// What Swift over libevent takes beside the same in C.
    private var wrapper: String? {
        let pairs = report.cells.flatMap { cell in
            cell.results.filter { $0.subject.family == .libevent }.compactMap { result in
                cell.ratioToTwin(of: result).map { (result: result, cell: cell, ratio: $0) }
            }
        }
        let shown = pairs.filter { $0.ratio.verdict != .undecided }
        guard !pairs.isEmpty else { return nil }
        guard let worst = shown.min(by: { $0.ratio.median < $1.ratio.median }) else {
            return
                "Beside the same programs in C, no difference of the Swift wrapper over libevent could be shown in time."
        }
        let slower = shown.count { $0.ratio.verdict == .slower }
        return "The Swift wrapper over libevent is slower than the same program in C in \(slower) of "
            + "\(counted(pairs.count, "cell")); most in \(worst.cell.setting.workload.rawValue) "
            + "(\(worst.cell.setting.label)), where \(worst.result.subject.name) is \(fixed(worst.ratio.median, 2)) times as "
            + "fast (\(worst.ratio.interval))."
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
