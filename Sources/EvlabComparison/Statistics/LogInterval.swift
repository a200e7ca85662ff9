internal import Glibc

/// The middle of logarithms of ratios and how far it may be off, in both directions.
struct LogInterval {
    let middle: Double
    /// Half of the 95 % interval, downwards and upwards.
    private let down, up: Double
    private let processes: Int

    /// - Parameters:
    ///   - draws: what the middle was in samples drawn again.
    ///   - processes: how many the draws were made of.
    init(middle: Double, draws: [Double], processes: Int) {
        let sorted = draws.sorted()
        let widening = processes > 1 ? Student.widening(processes: processes) : 1
        self.middle = middle
        self.processes = processes
        down = max(0, middle - quantile(0.025, ofSorted: sorted)) * widening
        up = max(0, quantile(0.975, ofSorted: sorted) - middle) * widening
    }

    var median: Double { exp(middle) }
    /// The ends of the 95 % interval.
    var low: Double { exp(middle - down) }
    var high: Double { exp(middle + up) }

    /// The ends of the 99 % interval. One process says nothing of others, so there it has no ends.
    var surelyAbove: Double { processes > 1 ? exp(middle - down * Student.certainty(processes: processes)) : 0 }
    var surelyBelow: Double { processes > 1 ? exp(middle + up * Student.certainty(processes: processes)) : .infinity }
}
