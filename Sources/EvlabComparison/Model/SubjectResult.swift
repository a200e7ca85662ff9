/// What was measured of one subject in one cell.
public struct SubjectResult: Sendable {
    /// The share of its core from which on the load generator may be what limits a cell.
    public static let busyGenerator = 0.9

    public let subject: Subject
    /// By process and round.
    public internal(set) var samples: [[Sample]] = []
    /// What does not depend on the clock; `nil` where it was not counted.
    public internal(set) var counts: CostCounts?

    public init(subject: Subject, samples: [[Sample]] = [], counts: CostCounts? = nil) {
        self.subject = subject
        self.samples = samples
        self.counts = counts
    }

    /// The time that is compared: of an operation, or, where delays are the matter, the delay in the middle; nanoseconds.
    func times(_ workload: Workload) -> [[Double]] {
        samples.map { $0.map { workload == .latency ? Double($0.delay(at: 50) ?? 0) : $0.each } }
    }

    /// The CPU time of the subject for an operation, in seconds.
    func cpuTimes() -> [[Double]] {
        samples.map { $0.map { $0.cpu / Double($0.operations) } }
    }

    /// The median of the time that is compared, in nanoseconds.
    public func time(_ workload: Workload) -> Double {
        median(times(workload).flatMap(\.self))
    }

    /// How many samples lie far from the others.
    public func outlierCount(_ workload: Workload) -> Int {
        outliers(times(workload).flatMap(\.self)).count
    }

    /// The median over all samples.
    func middle(_ value: (Sample) -> Double) -> Double {
        median(samples.flatMap { $0.map(value) })
    }

    /// Whether the generator had little left to give.
    public var isLimitedByGenerator: Bool {
        middle(\.generatorShare) > Self.busyGenerator
    }

    /// CPU microseconds of the subject for an operation.
    var cpuEach: Double { middle { $0.cpu * 1_000_000 / Double($0.operations) } }

    /// The delay at a percentile in nanoseconds, the median over the samples; `nil` where none were taken.
    public func delay(at percentile: Double) -> Double? {
        let delays = samples.flatMap { $0.compactMap { $0.delay(at: percentile) } }
        return delays.isEmpty ? nil : median(delays.map(Double.init))
    }
}
