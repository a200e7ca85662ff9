internal import Glibc
internal import SeededRandom

/// How much faster one subject was than another, pair by pair of measurements that were taken in the same round: what
/// slows the whole machine for a while cancels out.
public struct PairedRatio: Hashable, Sendable {
    /// The ratio in the middle, and the ends of its 95 % interval.
    public let median, low, high: Double
    /// What it is above and below of with 99 % certainty: the ends of a wider interval, on which the words stand. A report has
    /// hundreds of ratios, of which 5 % may be called a few dozen times what they are not.
    public let surelyAbove, surelyBelow: Double
    /// How many pairs it stands on.
    public let pairs: Int

    public static let resamples = 1000
    private static let fewestPairs = 5

    /// What may be said. A handful of pairs allows nothing.
    public var verdict: Verdict {
        guard pairs >= Self.fewestPairs else { return .undecided }
        if surelyAbove > 1 + Verdict.tolerance { return .faster }
        if surelyBelow < 1 - Verdict.tolerance { return .slower }
        return surelyAbove >= 1 - Verdict.tolerance && surelyBelow <= 1 + Verdict.tolerance ? .equal : .undecided
    }

    /// The ratios of the times of another subject to those of one, by process and round: above 1 where the one is faster.
    ///
    /// The interval is taken from medians of samples that are drawn again, first processes and then rounds of each: a
    /// process that was lucky in its layout of memory counts as one chance, not as one for each of its rounds. It is then
    /// widened as Student's distribution asks for so few processes.
    ///
    /// A pair of which one is not a positive number is left out: a clock that did not move says nothing.
    ///
    /// - Parameter seed: repeats the draws.
    /// - Returns: `nil` when there is no pair.
    public init?(of times: [[Double]], to others: [[Double]], seed: UInt64 = 1, resamples: Int = resamples) {
        guard let ratios = Self.logarithms(times, others) else { return nil }
        let all = ratios.flatMap(\.self)
        let interval = LogInterval(
            middle: EvlabComparison.median(all),
            draws: Self.resampled(ratios, seed: seed, count: max(1, resamples)),
            processes: ratios.count
        )
        pairs = all.count
        (median, low, high) = (interval.median, interval.low, interval.high)
        (surelyAbove, surelyBelow) = (interval.surelyAbove, interval.surelyBelow)
    }

    static func logarithms(_ times: [[Double]], _ others: [[Double]]) -> [[Double]]? {
        let ratios = zip(times, others).map { mine, theirs in zip(mine, theirs).map { log($1 / $0) }.filter(\.isFinite)
        }
        .filter { !$0.isEmpty }
        return ratios.isEmpty ? nil : ratios
    }

    static func resampled(_ ratios: [[Double]], seed: UInt64, count: Int) -> [Double] {
        var random = RepeatableRandom(seed: seed)
        var drawn: [Double] = []
        return (0..<count).map { _ in
            drawn.removeAll(keepingCapacity: true)
            for _ in ratios.indices {
                let process = ratios[Int(random.next() % UInt64(ratios.count))]
                for _ in process.indices { drawn.append(process[Int(random.next() % UInt64(process.count))]) }
            }
            return EvlabComparison.median(drawn)
        }
    }
}

/// The value below which the given part of the sorted values lies, between two values in proportion.
func quantile(_ part: Double, ofSorted values: [Double]) -> Double {
    guard let last = values.last else { return .nan }
    let place = part * Double(values.count - 1)
    let index = Int(place)
    guard index + 1 < values.count else { return last }
    return values[index] + (values[index + 1] - values[index]) * (place - Double(index))
}
