/// What was measured of one server in one cell.
public struct EchoMeasurement: Sendable {
    /// The share of its core from which on the load generator may be what limits a cell.
    public static let busyGenerator = 0.9

    public let subject: EchoSubject
    /// One of each round.
    public internal(set) var samples: [LoadResult] = []
    var systemCalls = SystemCalls.Count.unknown("not counted")

    init(subject: EchoSubject) {
        self.subject = subject
    }

    /// Whether the generator had little left to give.
    public var isLimitedByGenerator: Bool {
        middle(\.generatorShare) > Self.busyGenerator
    }

    /// The user part of the server's CPU seconds for a million messages, over all rounds: the kernel samples it too
    /// coarsely for one.
    var userCPUPerMillion: Double {
        let messages = samples.map(\.messages).reduce(0, +)
        return samples.map(\.serverUserCPU).reduce(0, +) / Double(messages) * 1_000_000
    }

    /// The median over the rounds.
    func middle(_ value: (LoadResult) -> Double) -> Double {
        median(samples.map(value))
    }

    /// Messages a second, in proportion to another server's of the same round.
    func ratio(to other: EchoMeasurement) -> PairedRatio? {
        PairedRatio(of: samples.map(\.rate), to: other.samples.map(\.rate))
    }
}
