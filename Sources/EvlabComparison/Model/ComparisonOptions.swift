/// What is compared, and for how long.
public struct ComparisonOptions: Sendable {
    /// The settings, each with its subjects; the first subject is what the others are compared with.
    public var plan: [(setting: Setting, subjects: [Subject])]
    /// How many processes measure each subject in each setting, one after another; at least 1.
    public var processes = 3
    /// How often each process measures; at least 1.
    public var rounds = 7
    /// How long each measurement takes at least, in seconds.
    public var seconds = 0.02
    /// How long all of it may take, in seconds: after three processes each, no more are begun that would take longer.
    public var limit: Double?
    /// Decides the order of the measurements, the bytes that are sent, and the draws of the intervals.
    public var seed: UInt64
    /// How long a step of a server's script may take, in seconds.
    public var patience = 60.0
    /// What was left out before, and why.
    public var notes: [String] = []
    /// Whether peers are counted too. They take long under a tool that counts.
    public var countsPeers = true
    /// The settings in which instructions, allocations, system calls and memory are counted.
    public var counted: Set<Setting> = []

    public init(plan: [(setting: Setting, subjects: [Subject])], seed: UInt64) {
        self.plan = plan
        self.seed = seed
    }

    /// About how long all of it takes, in seconds: counts, and each measurement with its warm-up and the start of its process.
    public var estimate: Double {
        let all = measuring + counting
        return limit.map { min($0, all) } ?? all
    }

    private var measuring: Double {
        plan.map { setting, subjects in
            let samples = subjects.map { max(length(setting), setting.leastRound($0)) * Double(rounds + 1) }
            let all = (samples.reduce(0, +) + setting.start * Double(subjects.count)) * Double(processes)
            // What is long in itself is measured less often.
            return limit.map { min(all, $0 / 24) } ?? all
        }.reduce(0, +)
    }

    private var counting: Double {
        let cells = plan.filter { counted.contains($0.setting) }
        return 3 * Double(cells.flatMap(\.subjects).count { countsPeers || $0.family != .peer })
    }

    /// How long a measurement takes at least: a delay that is rare must have its chance.
    func length(_ setting: Setting) -> Double {
        setting.workload == .latency ? 10 * seconds : seconds
    }
}

extension Setting {
    /// About how long processes take to start, to connect and to end.
    fileprivate var start: Double {
        let crowd = workload.hasServer || workload == .pipes || workload == .cascade ? Double(n) * 0.000_07 : 0
        return 0.07 + crowd
    }

    /// About how long a round of a workload takes that cannot be cut short.
    fileprivate func leastRound(_ subject: Subject) -> Double {
        switch workload {
        case .timers: Double(n) * 0.000_000_8
        case .pipes, .cascade: subject.scans ? Double(n) * 0.000_02 : 0
        case .echo, .idle: Double(n) * 0.000_02
        case .pipeline, .latency, .accept, .wake, .fanout, .udp: 0
        }
    }
}
