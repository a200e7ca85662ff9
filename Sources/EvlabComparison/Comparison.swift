internal import Sockets

/// Measures subjects against each other: each in processes of its own, servers on one core and their load on another, in an
/// order that chance decides anew each round.
public struct Comparison: ~Copyable {
    private let options: ComparisonOptions
    private let waiting: Waiting
    private let machine: Machine
    private var random: SeededGenerator
    private var progress: Progress
    private var cells: [Cell]
    private var notes: [String]

    /// The greatest shift of a process's stack, in bytes.
    private static let mostOffset: UInt64 = 4096

    /// - Throws: the first difference between two subjects that ought to do the same; what else went wrong.
    public static func run(_ options: ComparisonOptions) throws(ComparisonFailure) -> ComparisonReport {
        let waiting = try Waiting()
        let machine = try Machine.current(waiting)
        var comparison = Comparison(options, waiting: waiting, machine: machine)
        defer { comparison.progress.clear() }
        return try comparison.run()
    }

    private init(_ options: ComparisonOptions, waiting: consuming Waiting, machine: Machine) {
        var options = options
        notes = options.notes
        for index in options.plan.indices {
            let setting = options.plan[index].setting
            let fitting = setting.fitting(machine.descriptorLimit)
            guard fitting != setting else { continue }
            options.plan[index].setting = fitting
            let limit = "\(machine.descriptorLimit) descriptors (ulimit -n)"
            notes.append(
                "\(setting.workload.rawValue): \(setting.label) need more than \(limit); n is \(fitting.n) instead"
            )
        }
        self.options = options
        self.waiting = waiting
        self.machine = machine
        random = SeededGenerator(seed: options.seed)
        cells = options.plan.map { setting, subjects in
            Cell(setting, subjects.map { SubjectResult(subject: $0) }, seed: options.seed)
        }
        let samples = options.plan.reduce(0) { $0 + $1.subjects.count } * options.processes
        progress = Progress(total: samples)
        if machine.cores.server == nil { notes.append("One core only: servers and their load shared it.") }
    }

    private mutating func run() throws(ComparisonFailure) -> ComparisonReport {
        for workload in Workload.allCases { try check(workload) }
        for process in 0..<options.processes {
            for cell in cells.indices.shuffled(using: &random) { try measure(cell, process) }
        }
        try count()
        return ComparisonReport(
            date: Machine.date,
            machine: machine,
            seed: options.seed,
            processes: options.processes,
            rounds: options.rounds,
            seconds: options.seconds,
            cells: cells,
            notes: notes,
            loadAfter: Machine.loadAverage
        )
    }

    // MARK: The gate

    /// Every subject of a workload must do the same with the same script, before any is measured.
    private mutating func check(_ workload: Workload) throws(ComparisonFailure) {
        guard let setting = cells.map(\.setting).filter({ $0.workload == workload }).min(by: { $0.n < $1.n }) else {
            return
        }
        var subjects: [Subject] = []
        for cell in cells where cell.setting.workload == workload {
            subjects += cell.results.map(\.subject).filter { !subjects.contains($0) }
        }
        var traces: [(name: String, lines: [String])] = []
        for subject in subjects {
            progress.show("\(workload.rawValue): \(subject.name) follows the script")
            traces.append((subject.name, try trace(subject, setting)))
        }
        if let difference = TraceGate.firstDifference(workload, traces) {
            throw ComparisonFailure("nothing is timed, for these do not do the same: \(difference)")
        }
    }

    private mutating func trace(_ subject: Subject, _ setting: Setting) throws(ComparisonFailure) -> [String] {
        do throws(ComparisonFailure) {
            var worker = try start(subject, setting)
            let lines = try worker.trace(waiting)
            try worker.stop(waiting)
            return lines
        } catch {
            if error.isInterruption { throw error }
            return ["\(error)"]
        }
    }

    private mutating func start(_ subject: Subject, _ setting: Setting) throws(ComparisonFailure) -> Worker {
        try Worker.start(
            subject,
            setting,
            cores: machine.cores,
            seed: options.seed,
            offset: Int(random.next() % Self.mostOffset),
            patience: options.patience,
            waiting
        )
    }

    // MARK: Measuring

    /// One process for each subject of a cell; they take turns.
    private mutating func measure(_ cell: Int, _ process: Int) throws(ComparisonFailure) {
        let setting = cells[cell].setting
        let count = cells[cell].results.count
        let team = try startTeam(cell)
        defer { progress.advance(count) }
        for subject in 0..<count { cells[cell].results[subject].samples.append([]) }
        let duration = Duration.seconds(max(options.seconds, setting.leastSeconds))
        // The first round warms up and is not kept.
        for round in 0...options.rounds {
            let stage = round == 0 ? "warm-up" : "round \(round) of \(options.rounds)"
            progress.show("\(setting.workload.rawValue), \(setting.label): process \(process + 1), \(stage)")
            for subject in (0..<count).shuffled(using: &random) {
                let sample = try team.sample(subject, duration, waiting)
                if round > 0 { cells[cell].results[subject].samples[process].append(sample) }
            }
        }
        try team.stop(waiting)
    }

    private mutating func startTeam(_ cell: Int) throws(ComparisonFailure) -> WorkerTeam {
        let team = WorkerTeam()
        for result in cells[cell].results { team.add(try start(result.subject, cells[cell].setting)) }
        return team
    }

    // MARK: Counting

    private mutating func count() throws(ComparisonFailure) {
        let counted = cells.indices.filter { options.counted.contains(cells[$0].setting) }
        guard !counted.isEmpty else { return }
        var counter = try Counter(cores: machine.cores)
        for cell in counted {
            let setting = cells[cell].setting
            for subject in cells[cell].results.indices {
                let name = cells[cell].results[subject].subject
                progress.show("\(setting.workload.rawValue), \(setting.label): what \(name.name) does is counted")
                cells[cell].results[subject].counts = try counter.count(name, setting, waiting)
            }
        }
    }
}
