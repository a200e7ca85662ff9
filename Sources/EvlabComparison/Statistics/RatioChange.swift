internal import Glibc

/// How a paired ratio has changed from an earlier run to a later one: above 1 where the subject has gained.
///
/// The reference of the ratio is in both runs the same C, so that another machine, or a slower day, cancels out.
public struct RatioChange: Hashable, Sendable {
    public let median, low, high: Double

    private let surelyBelow: Double

    /// Whether the subject lost more than the tolerance, all of the 99 % interval considered.
    public var isLoss: Bool { surelyBelow < 1 - Verdict.tolerance }

    init?(
        from earlier: (times: [[Double]], reference: [[Double]]),
        to later: (times: [[Double]], reference: [[Double]]),
        seed: UInt64 = 1,
        resamples: Int = PairedRatio.resamples
    ) {
        guard let before = PairedRatio.logarithms(earlier.times, earlier.reference),
            let after = PairedRatio.logarithms(later.times, later.reference)
        else { return nil }
        let draws = zip(
            PairedRatio.resampled(before, seed: seed, count: resamples),
            PairedRatio.resampled(after, seed: seed &+ 1, count: resamples)
        ).map { $1 - $0 }
        let interval = LogInterval(
            middle: EvlabComparison.median(after.flatMap(\.self)) - EvlabComparison.median(before.flatMap(\.self)),
            draws: draws,
            processes: min(before.count, after.count)
        )
        (median, low, high) = (interval.median, interval.low, interval.high)
        surelyBelow = interval.surelyBelow
    }
}
