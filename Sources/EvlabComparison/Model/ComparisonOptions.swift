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
    /// Decides the order of the measurements, the bytes that are sent, and the draws of the intervals.
    public var seed: UInt64
    /// How long a step of a server's script may take, in seconds.
    public var patience = 20.0
    /// What was left out before, and why.
    public var notes: [String] = []
    /// The settings in which instructions, allocations, system calls and memory are counted.
    public var counted: Set<Setting> = []

    public init(plan: [(setting: Setting, subjects: [Subject])], seed: UInt64) {
        self.plan = plan
        self.seed = seed
    }

    /// About how long all of it takes, in seconds: each measurement with its warm-up, and the starts of processes.
    public var estimate: Double {
        plan.map { setting, subjects in
            let sample = max(seconds, setting.leastSeconds) * 1.3 + 0.002
            return Double(subjects.count * processes) * (sample * Double(rounds + 1) + 0.05)
        }.reduce(0, +)
    }
}

extension Setting {
    /// What a measurement takes even when less is asked for: a delay that is rare must have its chance.
    var leastSeconds: Double { workload == .latency ? 0.2 : 0 }
}
