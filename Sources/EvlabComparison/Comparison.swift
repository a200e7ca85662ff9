internal import SeededRandom
internal import Sockets

/// Measures subjects against each other: each in processes of its own, servers on one core and their load on another, in an
/// order that chance decides anew each round.
public struct Comparison: ~Copyable {
    private let options: ComparisonOptions
    private let waiting: Waiting
    private let machine: Machine
    private var random: RepeatableRandom
    private var progress: Progress
    private var cells: [Cell]
    private var notes: [String]

    /// The greatest shift of a process's stack, in bytes.
    private static let mostOffset: UInt64 = 4096
    /// As many as are measured however long it takes.
    private static let fewestProcesses = 3
    /// As many measure a cell even where it takes more than its share of the time.
    private static let fewOfLongOnes = 5
    /// The part of the time that a cell may take before it is measured less often.
    private static let share = 1.0 / 30

    private let clock = Stopwatch()

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
        random = RepeatableRandom(seed: options.seed)
        cells = options.plan.map { setting, subjects in
            Cell(setting, subjects.map { SubjectResult(subject: $0) }, seed: options.seed)
        }
        let samples = options.plan.reduce(0) { $0 + $1.subjects.count } * options.processes
        progress = Progress(total: samples)
        if machine.cores.server == nil { notes.append("One core only: servers and their load shared it.") }
    }

    private mutating func run() throws(ComparisonFailure) -> ComparisonReport {
        for workload in Workload.allCases { try check(workload) }
        try count()
        let processes = try measure()
        return ComparisonReport(
            date: Machine.date,
            machine: machine,
            seed: options.seed,
            processes: processes,
            rounds: options.rounds,
            seconds: options.seconds,
            cells: cells,
            notes: notes,
            loadAfter: Machine.loadAverage,
            took: clock.seconds
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
            // A server that fails does not do the same; a subject without one has not done its script.
            guard setting.workload.hasServer else {
                throw ComparisonFailure("nothing is timed: \(setting.workload.rawValue), \(subject.name): \(error)")
            }
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

    /// Measures everything in one process each, again and again; in how many, which is fewer than asked for where the next
    /// ones would take longer than the whole may.
    private mutating func measure() throws(ComparisonFailure) -> Int {
        var longest = 0.0
        var spent = cells.map { _ in 0.0 }
        for process in 0..<options.processes {
            let start = clock.seconds
            if let limit = options.limit, process >= Self.fewestProcesses, start + longest > limit {
                notes.append(
                    "\(process) of \(options.processes) processes each: more would have taken longer than "
                        + "\(fixed(limit / 60, 0)) minutes."
                )
                return process
            }
            for cell in cells.indices.shuffled(using: &random) {
                // What is long in itself is measured in fewer processes.
                if process >= Self.fewOfLongOnes, spent[cell] > (options.limit ?? .infinity) * Self.share {
                    progress.advance(cells[cell].results.count)
                    continue
                }
                let began = clock.seconds
                try measure(cell, process)
                spent[cell] += clock.seconds - began
            }
            longest = max(longest, clock.seconds - start)
        }
        return options.processes
    }

    /// One process for each subject of a cell; they take turns.
    private mutating func measure(_ cell: Int, _ process: Int) throws(ComparisonFailure) {
        let setting = cells[cell].setting
        let count = cells[cell].results.count
        let team = try startTeam(cell)
        defer { progress.advance(count) }
        for subject in 0..<count { cells[cell].results[subject].samples.append([]) }
        let last = cells[cell].results[0].samples.count - 1
        let end = clock.seconds + (options.limit ?? .infinity) * Self.share / Double(Self.fewOfLongOnes)
        let duration = Duration.seconds(options.length(setting))
        // The first round warms up and is not kept.
        for round in 0...options.rounds where round < 2 || clock.seconds < end {
            let stage = round == 0 ? "warm-up" : "round \(round) of \(options.rounds)"
            progress.show("\(setting.workload.rawValue), \(setting.label): process \(process + 1), \(stage)")
            for subject in (0..<count).shuffled(using: &random) {
                let sample = try team.sample(subject, duration, waiting)
                if round > 0 { cells[cell].results[subject].samples[last].append(sample) }
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
                guard options.countsPeers || name.family != .peer else { continue }
                progress.show("\(setting.workload.rawValue), \(setting.label): what \(name.name) does is counted")
                cells[cell].results[subject].counts = try counter.count(name, setting, waiting)
            }
        }
    }
}
