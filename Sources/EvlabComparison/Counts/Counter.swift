internal import Sockets

/// Counts what operations and connections cost, each as the difference between two runs: what starting and ending cost
/// falls out. Neither the clock nor what else the machine does matters to it.
struct Counter: ~Copyable {
    /// A program that runs another and counts.
    enum Tool: CaseIterable {
        case callgrind, strace
    }

    private let cores: Cores
    private let folder: TemporaryFolder
    /// Copies that callgrind can read, by the path of the program.
    private var copies: [String: String] = [:]

    /// Connections at a time, and the greater number that tells what one costs.
    private static let connections = (few: 50, many: 150)
    /// For memory, which comes in pages.
    private static let residents = (few: 100, many: 400)
    /// Messages on each connection.
    private static let messages = (few: 20, many: 80)
    private static let largeSize = 4096
    private static let pipeWrites = 2000
    /// How often a server is counted that others on the machine hold up.
    private static let tries = 10

    init(cores: Cores) throws(ComparisonFailure) {
        self.cores = cores
        folder = try TemporaryFolder()
    }

    /// - Parameter tools: the ones that count.
    mutating func count(
        _ subject: Subject,
        _ setting: Setting,
        with tools: [Tool] = Tool.allCases,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> CostCounts {
        var counts = CostCounts()
        for tool in tools {
            do throws(ComparisonFailure) {
                try count(&counts, tool, subject, setting, waiting)
            } catch {
                if error.isInterruption { throw error }
                counts.complaints.append("\(tool.missing) (\(subject.name) under \(tool.name): \(error))")
            }
        }
        if setting.workload.hasServer { try weigh(&counts, subject, setting, waiting) }
        return counts
    }

    private mutating func count(
        _ counts: inout CostCounts,
        _ tool: Tool,
        _ subject: Subject,
        _ setting: Setting,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) {
        guard setting.workload.hasServer else {
            let tallies = try tallies(tool, subject, setting, Self.work(subject, setting), waiting)
            counts.operation.add(tool, from: tallies[0], to: tallies[1], for: 2 * Self.operations(setting))
            return
        }
        let plan = Self.plan(setting, tool)
        let runs = try runs(tool, subject, setting, plan, waiting)
        let messages = plan[1].messages - plan[0].messages
        counts.operation.add(tool, from: runs[0].tally, to: runs[1].tally, for: messages)
        guard plan.count > 2 else { return }
        let connections = plan[2].connections - plan[1].connections
        counts.connection.add(tool, from: runs[1].tally, to: runs[2].tally, for: connections)
    }

    /// The runs of a plan, with one wait for the messages of all connections.
    private mutating func runs(
        _ tool: Tool,
        _ subject: Subject,
        _ setting: Setting,
        _ plan: [CountedRun.Work],
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> [ServerRun] {
        let command = ["serve", subject.name, "--workload", setting.workload.rawValue, "--with-parent"]
        for _ in 0..<Self.tries {
            let tallies = try tallies(tool, subject, setting, plan.map { (command, $0) }, waiting)
            let runs = zip(plan, tallies).map { ServerRun(work: $0, tally: $1) }
            guard tool == .callgrind else { return runs }
            if let steady = ServerRun.steadied(runs) { return steady }
        }
        throw ComparisonFailure("the machine is too busy with other work to tell a message from a wait")
    }

    /// Runs of a server: a short one, a longer one, one with more connections, and, where the cost of a wait must be known,
    /// one with a single connection, which has a wait for each message.
    private static func plan(_ setting: Setting, _ tool: Tool) -> [CountedRun.Work] {
        guard setting.workload == .echo else {
            let messages = Setting.pipelineConnections * setting.n
            return [4, 20].map { CountedRun.Work(connections: Setting.pipelineConnections, messages: messages * $0) }
        }
        let few = min(setting.n, connections.few)
        let shrink = tool == .callgrind && setting.width > largeSize ? 4 : 1
        let (short, long) = (few * messages.few / shrink, few * messages.many / shrink)
        return [
            CountedRun.Work(connections: few, messages: short), CountedRun.Work(connections: few, messages: long),
            CountedRun.Work(connections: connections.many, messages: long),
        ] + (tool == .callgrind ? [CountedRun.Work(connections: 1, messages: short)] : [])
    }

    /// Runs of a workload without a server: one round, and three.
    private static func work(_ subject: Subject, _ setting: Setting) -> [(command: [String], work: CountedRun.Work)] {
        let sizes =
            setting.workload == .timers
            ? ["timers", subject.name, "--count", String(setting.n)]
            : [
                "pipes", subject.name, "--pairs", String(setting.n), "--active", String(setting.width), "--writes",
                String(pipeWrites),
            ]
        return [1, 3].map { (["work"] + sizes + ["--rounds", String($0)], CountedRun.Work()) }
    }

    private static func operations(_ setting: Setting) -> Int {
        setting.workload == .timers ? setting.n : pipeWrites + setting.width
    }

    private mutating func tallies(
        _ tool: Tool,
        _ subject: Subject,
        _ setting: Setting,
        _ runs: [(command: [String], work: CountedRun.Work)],
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> [Tally] {
        let program = try program(subject, for: tool, waiting)
        var started: [CountedRun] = []
        for run in runs {
            let command = [program] + run.command
            started.append(try CountedRun(tool, subject, setting.workload, command, output: folder.file()))
        }
        if setting.workload.hasServer {
            for (run, work) in zip(started, runs) { try run.load(work.work, setting, core: cores.generator, waiting) }
        }
        var tallies: [Tally] = []
        for run in started { tallies.append(try run.tally(waiting)) }
        return tallies
    }

    /// Callgrind of Debian 12 stops at the debug information of today's compilers: it gets a copy without any.
    private mutating func program(
        _ subject: Subject,
        for tool: Tool,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> String {
        let program = try subject.executable()
        guard tool == .callgrind else { return program }
        if let copy = copies[program] { return copy }
        let copy = folder.file()
        guard var strip = try ChildProcess.start(["strip", "--strip-debug", "-o", copy, program]) else {
            throw ComparisonFailure("strip is not installed: apt-get install binutils")
        }
        if let complaint = try strip.finish(waiting).last { throw ComparisonFailure(complaint) }
        copies[program] = copy
        return copy
    }

    /// The memory of a connection, by a server that nothing slows down.
    private func weigh(
        _ counts: inout CostCounts,
        _ subject: Subject,
        _ setting: Setting,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) {
        var sizes: [Int] = []
        for n in [Self.residents.few, Self.residents.many] {
            let crowd = Setting(.echo, n: n, width: setting.width)
            var worker = try Worker.start(subject, crowd, cores: cores, seed: 1, offset: 0, patience: 60, waiting)
            sizes.append(try worker.sample(.milliseconds(1), waiting).memory)
            try worker.stop(waiting)
        }
        let connections = Double(Self.residents.many - Self.residents.few)
        counts.connection.memory = max(0, Double(sizes[1] - sizes[0])) / connections
    }
}

extension CostCounts {
    /// Counts a subject alone, with every tool.
    public static func taken(of subject: Subject, in setting: Setting) throws(ComparisonFailure) -> CostCounts {
        guard setting.workload.isCountable else {
            throw ComparisonFailure("what \(setting.workload.rawValue) takes cannot be counted out")
        }
        let waiting = try Waiting()
        var counter = try Counter(cores: .current)
        return try counter.count(subject, setting, waiting)
    }
}

extension Counter.Tool {
    var name: String {
        switch self {
        case .callgrind: "valgrind"
        case .strace: "strace"
        }
    }

    /// What to say where it cannot run.
    var missing: String {
        switch self {
        case .callgrind: "Instructions and allocations are missing: they need valgrind (apt-get install valgrind)"
        case .strace: "System calls are missing: they need strace (apt-get install strace)"
        }
    }

    /// The command that runs another and writes what it counted to the file.
    ///
    /// - Parameter function: what comes before it is called for the last time is not counted by callgrind: starting takes a
    ///   hundred thousand instructions more or less, by chance.
    func runner(_ output: String, after function: String?) -> [String] {
        switch self {
        case .callgrind:
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=\(output)"]
                + (function.map { ["--zero-before=\($0)"] } ?? [])
        case .strace: ["strace", "-f", "-c", "-o", output, "--"]
        }
    }

    func tally(of text: String) -> Tally? {
        switch self {
        case .callgrind:
            CallgrindFile.totals(of: text).map {
                Tally(instructions: $0.instructions, allocations: $0.allocations, waits: $0.waits)
            }
        case .strace:
            StraceSummary.totals(of: text).map { Tally(systemCalls: $0.calls, waits: $0.waits) }
        }
    }
}
