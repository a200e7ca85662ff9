internal import EvlabComparison
internal import Glibc

/// One diagram of the picture of costs: where its values lie.
struct TablePanel {
    /// In the order of what is watched, which is their place from left to right, on a logarithmic scale.
    let cells: [WakeUpCell]
    let left: Int
    let right: Int
    /// Whether the costs are.
    private let isLogarithmic: Bool
    private let most: Double

    init(_ cells: [WakeUpCell], left: Int, right: Int, isLogarithmic: Bool) {
        self.cells = cells
        self.left = left
        self.right = right
        self.isLogarithmic = isLogarithmic
        let highest = cells.flatMap(\.costs).map(\.highest).max() ?? 1
        most = isLogarithmic ? pow(10, log10(highest).rounded(.up)) : (highest * 2).rounded(.up) / 2
    }

    /// Where a cell is from left to right.
    func x(_ cell: WakeUpCell) -> Int {
        guard let first = cells.first, let last = cells.last, first.watched < last.watched else { return left }
        let (least, most) = (log(Double(first.watched)), log(Double(last.watched)))
        let fraction = (log(Double(cell.watched)) - least) / (most - least)
        return left + Int((fraction * Double(right - left)).rounded())
    }

    /// How high a cost is: 0 to 1.
    func fraction(of cost: Double) -> Double {
        guard isLogarithmic else { return cost / most }
        return max(0, log10(cost / Self.least) / log10(most / Self.least))
    }

    /// What the logarithmic scale begins with, in microseconds.
    private static let least = 0.1

    /// The costs at which a line is drawn.
    var ticks: [Double] {
        guard isLogarithmic else {
            return Array(stride(from: 0, through: most, by: most > 4 ? (most / 4).rounded(.up) : 0.5))
        }
        return stride(from: log10(Self.least), through: log10(most) + 0.01, by: 1).map { pow(10, $0.rounded()) }
    }

    /// Where the words beside the last values go, so that none lies on another.
    func labels(y: (Double, TablePanel) -> Int) -> [Int] {
        guard let last = cells.last else { return [] }
        var places = last.costs.map { y($0.median, self) }
        let order = places.indices.sorted { places[$0] < places[$1] }
        for (upper, lower) in zip(order, order.dropFirst()) where places[lower] < places[upper] + 16 {
            places[lower] = places[upper] + 16
        }
        return places
    }
}
