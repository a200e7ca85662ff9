internal import Glibc

/// An axis on which equal ratios are equally long.
struct LogarithmicAxis {
    private let low, high: Double

    /// An axis on which all the values find room, a little more than they need.
    init?(over values: [Double]) {
        let usable = values.filter { $0 > 0 && $0.isFinite }
        guard let least = usable.min(), let most = usable.max() else { return nil }
        low = log10(least) - 0.04
        high = max(log10(most) + 0.04, low + 0.2)
    }

    /// Where a value lies, 0 to 1; outside of it where it lies outside.
    func place(_ value: Double) -> Double { (log10(value) - low) / (high - low) }

    /// Round values along the axis: powers of ten where it is long, else 1, 2 and 5 of each.
    var ticks: [Double] {
        let steps: [Double] =
            high - low > 3 ? [1] : high - low > 0.8 ? [1, 2, 5] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]
        return (Int(low.rounded(.down))...Int(high.rounded(.up))).flatMap { power in
            steps.map { $0 * pow(10, Double(power)) }
        }.filter { (0...1).contains(place($0)) }
    }

    /// A tick's value, as short as it can be.
    static func label(_ value: Double) -> String {
        if value >= 1_000_000 { return fixed(value / 1_000_000, 0) + "M" }
        if value >= 10_000 { return fixed(value / 1000, 0) + "k" }
        if value >= 10 { return fixed(value, 0) }
        let digits = value >= 0.995 ? 1 : value >= 0.0995 ? 1 : value >= 0.00995 ? 2 : 3
        let text = fixed(value, digits)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
