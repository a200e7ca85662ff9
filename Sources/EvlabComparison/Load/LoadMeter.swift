internal import CLinux
internal import Histogram

/// Counts what comes back in the time that is measured, and what the two processes use of it.
struct LoadMeter {
    private let server: CInt?
    private let startedAt: Int64
    private let ownBefore: Double
    private let serverBefore: CPUClock?
    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 100,
        highestTrackableValue: 60_000_000_000,
        numberOfSignificantValueDigits: .three
    )

    /// Starts to measure.
    init(server: CInt?) throws(ComparisonFailure) {
        self.server = server
        serverBefore = try Self.clock(server)
        ownBefore = CPUClock.ours
        startedAt = clinux_monotonic_now()
    }

    private static func clock(_ server: CInt?) throws(ComparisonFailure) -> CPUClock? {
        guard let server else { return nil }
        guard let clock = CPUClock(of: server) else { throw ComparisonFailure("there is no process \(server)") }
        return clock
    }

    /// Messages that have come back.
    var count: Int { Int(histogram.totalCount) }

    mutating func record(delay: Int64) {
        histogram.record(UInt64(max(delay, 0)))
    }

    /// What was measured up to now.
    func sample() throws(ComparisonFailure) -> Sample {
        let time = Double(clinux_monotonic_now() - startedAt) / 1_000_000_000
        guard count > 0, time > 0 else { throw ComparisonFailure("nothing came back in \(fixed(time, 3)) s") }
        var sample = Sample(operations: count, seconds: time)
        sample.generatorShare = (CPUClock.ours - ownBefore) / time
        if let serverBefore, let server, let after = try Self.clock(server) {
            (sample.cpu, sample.userCPU) = after.since(serverBefore)
            sample.memory = ownMemory(of: server)
        }
        sample.delays = Sample.percentiles.map { percentile in
            Int(percentile == 100 ? histogram.maxRecorded : histogram.valueAtPercentile(percentile))
        }
        return sample
    }
}
