internal import Sockets

/// Measures echo servers against each other: each in a process of its own on one core, the load generator in another on
/// the other core, in an order that chance decides anew each round.
public struct EchoComparison: ~Copyable {
    private let options: EchoOptions
    private let waiting: Waiting
    private let machine: Machine
    private let print: (String) -> Void
    private var random: SeededGenerator
    private var progress: Progress
    private var results: [[EchoMeasurement]]

    /// - Parameter print: takes lines that the user should see at once.
    public static func run(
        _ options: EchoOptions,
        print: @escaping (String) -> Void
    ) throws(ComparisonFailure) -> EchoReport {
        let waiting = try Waiting()
        let machine = try Machine.current(waiting)
        var comparison = EchoComparison(options, waiting: waiting, machine: machine, print: print)
        defer { comparison.progress.clear() }
        return try comparison.run()
    }

    private init(
        _ options: EchoOptions,
        waiting: consuming Waiting,
        machine: Machine,
        print: @escaping (String) -> Void
    ) {
        var options = options
        options.cells = Self.fitting(options.cells, into: machine.descriptorLimit, print)
        let cells = options.cells
        let subjects = options.subjects
        self.options = options
        self.waiting = waiting
        self.machine = machine
        self.print = print
        random = SeededGenerator(seed: options.seed)
        progress = Progress(total: subjects.count * (1 + cells.count * (options.rounds + 1)))
        results = cells.map { _ in subjects.map { EchoMeasurement(subject: $0) } }
    }

    /// A process needs a descriptor for each connection, and some for itself.
    private static func fitting(_ cells: [EchoCell], into limit: Int, _ print: (String) -> Void) -> [EchoCell] {
        let most = max(1, limit - 32)
        return cells.map { cell in
            guard cell.connections > most else { return cell }
            print("\(cell.connections) connections need more than \(limit) descriptors (ulimit -n): measuring \(most)")
            return EchoCell(connections: most, size: cell.size)
        }
    }

    private mutating func run() throws(ComparisonFailure) -> EchoReport {
        if machine.cores.server == nil { print("only one core to use: server and load generator share it") }
        for subject in options.subjects { try check(subject) }
        for round in 1...options.rounds {
            for cell in options.cells.indices {
                for subject in options.subjects.indices.shuffled(using: &random) { try measure(subject, cell, round) }
            }
        }
        for cell in options.cells.indices {
            for subject in options.subjects.indices { try countSystemCalls(subject, cell) }
        }
        return EchoReport(
            machine: machine,
            options: options,
            measurements: results,
            loadAfter: Machine.loadAverage
        )
    }

    private func start(_ subject: EchoSubject) throws(ComparisonFailure) -> ServerProcess {
        let core = machine.cores.server
        guard let server = try ServerProcess.start(subject, method: options.method, core: core, waiting) else {
            throw ComparisonFailure("this program was moved away while it ran")
        }
        return server
    }

    private mutating func check(_ subject: EchoSubject) throws(ComparisonFailure) {
        progress.step("\(subject.rawValue) must echo")
        let server = try start(subject)
        try EchoGate.check(subject, at: server.address, seed: options.seed, waiting)
        _ = try server.stop(waiting)
    }

    private mutating func measure(_ subject: Int, _ cell: Int, _ round: Int) throws(ComparisonFailure) {
        let (name, size) = (options.subjects[subject], options.cells[cell])
        progress.step("round \(round), \(size.connections) x \(byteSize(size.size)): \(name.rawValue)")
        let server = try start(name)
        let plan = LoadPlan(
            address: server.address,
            connections: size.connections,
            size: size.size,
            amount: .time(.seconds(options.seconds), warmUp: .seconds(options.warmUp)),
            server: server.id
        )
        let sample = try LoadProcess.run(plan, core: machine.cores.generator, waiting)
        results[cell][subject].samples.append(sample)
        _ = try server.stop(waiting)
    }

    private mutating func countSystemCalls(_ subject: Int, _ cell: Int) throws(ComparisonFailure) {
        let name = options.subjects[subject]
        progress.step("system calls, \(byteSize(options.cells[cell].size)): \(name.rawValue)")
        results[cell][subject].systemCalls = try SystemCalls.count(
            name,
            options.cells[cell],
            method: options.method,
            cores: machine.cores,
            waiting
        )
    }
}
