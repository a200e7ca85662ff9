/// The middle value, or the mean of the two in the middle; not a number when there are none.
public func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// How much more one subject did than another, pair by pair of measurements that were taken in the same round: what
/// slows the whole machine for a while cancels out.
public struct PairedRatio: Hashable, Sendable {
    /// The ratios in the middle, the least and the greatest.
    public let median, lowest, highest: Double

    /// - Returns: `nil` when there is no pair, or when a measurement to compare with is 0.
    public init?(of values: [Double], to others: [Double]) {
        let ratios = zip(values, others).map { $0 / $1 }
        guard let lowest = ratios.min(), let highest = ratios.max(), ratios.allSatisfy(\.isFinite) else { return nil }
        median = EvlabComparison.median(ratios)
        self.lowest = lowest
        self.highest = highest
    }
}
