/// What something cost, run by run.
public struct CostSamples: Hashable, Sendable {
    /// In the order in which they were measured.
    public internal(set) var values: [Double] = []

    package init(values: [Double] = []) {
        self.values = values
    }

    /// The middle one; not a number when there is none.
    public var median: Double { EvlabComparison.median(values) }
    public var lowest: Double { values.min() ?? .nan }
    public var highest: Double { values.max() ?? .nan }

    /// The ratios to others that were measured in the same runs: what slows the whole machine for a while cancels out.
    func ratios(to others: CostSamples) -> CostSamples {
        CostSamples(values: zip(values, others.values).map { $0 / $1 })
    }

    /// The ratios of each to each of others that were measured at another time.
    func allRatios(to others: CostSamples) -> CostSamples {
        CostSamples(values: values.flatMap { value in others.values.map { value / $0 } })
    }

    /// The median and, where there are several, the extremes: `1.93 (1.90-2.05)`.
    var text: String {
        let middle = Self.significant(median)
        guard values.count > 1 else { return middle }
        return "\(middle) (\(Self.significant(lowest))-\(Self.significant(highest)))"
    }

    /// Three digits, or all before the point.
    static func significant(_ value: Double) -> String {
        if value > 0, value < 0.005 { return "< 0.01" }
        return fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0)
    }

    var json: JSONValue {
        .object([("median", .number(median)), ("samples", .array(values.map(JSONValue.number)))])
    }
}
