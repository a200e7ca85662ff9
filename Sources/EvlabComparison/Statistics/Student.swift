internal import Glibc

/// Student's distribution: how much wider an interval must be where few processes are all that is known of how processes
/// differ.
enum Student {
    /// The quantiles at 97.5 % and 99.5 % for 1 degree of freedom and more.
    private static let known95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
    private static let known99 = [63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169]
    private static let normal95 = 1.95996
    private static let normal99 = 2.57583

    /// By how much the 95 % interval of a bootstrap over so many processes is too narrow: it knows nothing of their number,
    /// and takes their spread for that of all processes that might have been.
    static func widening(processes: Int) -> Double {
        guard processes > 1 else { return .infinity }
        let bias = sqrt(Double(processes) / Double(processes - 1))
        return quantile(processes - 1, known95, normal95) / normal95 * bias
    }

    /// How much wider than the 95 % interval the 99 % interval is.
    static func certainty(processes: Int) -> Double {
        guard processes > 1 else { return .infinity }
        return quantile(processes - 1, known99, normal99) / quantile(processes - 1, known95, normal95)
    }

    /// From the table, and beyond it by the first terms of an expansion in the inverse of the degrees of freedom.
    private static func quantile(_ freedom: Int, _ known: [Double], _ normal: Double) -> Double {
        if freedom <= known.count { return known[freedom - 1] }
        let (inverse, cube) = (1 / Double(freedom), normal * normal * normal)
        let second = (5 * cube * normal * normal + 16 * cube + 3 * normal) / 96
        return normal + (cube + normal) / 4 * inverse + second * inverse * inverse
    }
}
