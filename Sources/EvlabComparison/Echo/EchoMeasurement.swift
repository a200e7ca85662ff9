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

    /// The median over the rounds.
    func middle(_ value: (LoadResult) -> Double) -> Double {
        median(samples.map(value))
    }

    /// Messages a second, in proportion to another server's of the same round.
    func ratio(to other: EchoMeasurement) -> PairedRatio? {
        PairedRatio(of: samples.map(\.rate), to: other.samples.map(\.rate))
    }
}
