/// How much the table measures.
public struct TableOptions: Sendable {
    /// The most descriptors that are watched at once; each has a peer, so the process needs twice as many. At least 10.
    public var mostWatched = 9900
    /// How often each cost is measured; at least 1.
    public var runs = 7

    public init() {}

    /// How many are watched: 10, 100 and so on, and the most.
    var watched: [Int] {
        [10, 100, 1000].filter { $0 < mostWatched } + [mostWatched]
    }

    /// How many of them are active at once: 1, 100 and all.
    static func active(of watched: Int) -> [Int] {
        [1, 100].filter { $0 < watched } + [watched]
    }
}
