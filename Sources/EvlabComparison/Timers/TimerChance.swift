/// The times and the order that every subject of the timer workload gets; `next_chance` in C is the same.
struct TimerChance {
    private var state: UInt64 = 1

    mutating func next() -> UInt32 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt32(truncatingIfNeeded: state >> 33)
    }

    /// The numbers up to `count`, in another order.
    mutating func order(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for index in stride(from: count - 1, to: 0, by: -1) { order.swapAt(index, Int(next() % UInt32(index + 1))) }
        return order
    }
}
