/// The middle value, or the mean of the two in the middle; not a number when there are none.
public func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// The median distance of the values from their median; not a number when there are none.
public func medianDeviation(_ values: [Double]) -> Double {
    let middle = median(values)
    return median(values.map { abs($0 - middle) })
}

/// The places of the values that lie further from the median than ten standard deviations of a normal distribution with
/// their median deviation. They are reported and kept: what was measured happened.
public func outliers(_ values: [Double]) -> [Int] {
    let middle = median(values)
    let limit = 14.826 * medianDeviation(values)
    guard limit > 0 else { return [] }
    return values.indices.filter { abs(values[$0] - middle) > limit }
}
