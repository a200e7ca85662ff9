/// The outcome of a comparison.
public struct ComparisonReport: Sendable {
    /// When it was made, as 2026-01-31 12:00 UTC; empty where that is not known.
    public let date: String
    public let machine: Machine
    public let seed: UInt64
    public let processes: Int
    public let rounds: Int
    /// The least length of a measurement.
    public let seconds: Double
    public let cells: [Cell]
    /// What was left out, and why.
    public let notes: [String]
    let loadAfter: String
    /// How long all of it took, in seconds.
    public let took: Double

    public init(
        date: String,
        machine: Machine,
        seed: UInt64,
        processes: Int,
        rounds: Int,
        seconds: Double,
        cells: [Cell],
        notes: [String],
        loadAfter: String,
        took: Double = 0
    ) {
        self.date = date
        self.machine = machine
        self.seed = seed
        self.processes = processes
        self.rounds = rounds
        self.seconds = seconds
        self.cells = cells.map { $0.judged() }
        self.notes = notes
        self.loadAfter = loadAfter
        self.took = took
    }

    /// The workloads that were measured, in their order.
    public var workloads: [Workload] {
        Workload.allCases.filter { workload in cells.contains { $0.setting.workload == workload } }
    }

    /// The cells of a workload.
    public func cells(of workload: Workload) -> [Cell] {
        cells.filter { $0.setting.workload == workload }
    }

    /// What must be known to judge the numbers.
    public var remarks: [String] {
        var remarks = notes
        let results = cells.flatMap(\.results)
        if results.contains(where: \.isLimitedByGenerator) {
            remarks.append("*: its load generator was busy for over 90 % of its core; the server may be faster.")
        }
        let far = cells.map { cell in cell.results.map { $0.outlierCount(cell.setting.workload) }.reduce(0, +) }
        if far.reduce(0, +) > 0 {
            let all = results.flatMap { $0.samples }.map(\.count).reduce(0, +)
            remarks.append("\(far.reduce(0, +)) of \(all) measurements lie far from the others; all were kept.")
        }
        var complaints: [String] = []
        for complaint in results.compactMap(\.counts).flatMap(\.complaints)
        where !complaints.contains(where: { $0.prefix(20) == complaint.prefix(20) }) { complaints.append(complaint) }
        remarks += complaints
        if machine.isBusy {
            remarks.append("Other work kept the machine busy (load \(machine.load)): wide intervals are the price.")
        }
        if machine.isDebugBuild {
            remarks.append("This is a debug build: its Swift subjects say nothing. Build for release.")
        }
        return remarks
    }

    /// What the numbers do not show.
    public static let limits = [
        "A real network, and clients on other hosts: everything went over loopback or within one process.",
        "More than one core for a server, and more than a few seconds of work.",
        "Programs that do more for a message than pass it on.",
    ]

    /// How the words are to be read.
    public static let method = """
        Before anything is timed, all subjects of a workload follow one script and must do the same. Each subject is then \
        measured in several processes; within each, the subjects take turns in an order that chance decides anew each round. \
        A ratio is the median of the ratios of measurements of the same round. Its 95 % interval comes from medians of samples \
        drawn again, first processes and then rounds, widened as few processes demand. Since there are hundreds of ratios, a \
        word needs more: a subject is called faster or slower only if the whole 99 % interval lies more than 2 % away from 1, \
        and equal only if it lies within 2 %.
        """
}
