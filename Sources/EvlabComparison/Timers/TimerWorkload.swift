internal import Multiplexing

/// The timer workload on a ``TimerQueue``; the same in plain C on libevent is `cbaseline_timers`.
struct TimerWorkload: ~Copyable {
    private var queue: TimerQueue<Int>
    private var keys: [TimerQueue<Int>.Key] = []
    private var order: [Int]
    private let count: Int
    private var fired = 0
    private var chance: UInt64 = 1
    private var (inserting, cancelling, firing) = (Duration.zero, Duration.zero, Duration.zero)

    init(count: Int) {
        queue = TimerQueue(minimumCapacity: count)
        self.count = count
        order = Array(0..<count)
        keys.reserveCapacity(count)
        for index in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(index, Int(nextChance() % UInt32(index + 1)))
        }
    }

    private mutating func nextChance() -> UInt32 {
        chance = chance &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt32(truncatingIfNeeded: chance >> 33)
    }

    private mutating func insert(longest: UInt32) {
        keys.removeAll(keepingCapacity: true)
        for index in 0..<count {
            let delay = Int64(nextChance() % longest) * 1000
            keys.append(queue.insert(index, at: .now.advanced(byNanoseconds: delay)))
        }
    }

    mutating func runRound(fires: Bool) {
        let start = MonotonicInstant.now
        insert(longest: 1_000_000)
        let inserted = MonotonicInstant.now
        for index in order { queue.cancel(keys[index]) }
        let cancelled = MonotonicInstant.now
        inserting += start.duration(to: inserted)
        cancelling += inserted.duration(to: cancelled)
        if fires { fire() }
    }

    private mutating func fire() {
        insert(longest: 1000)
        let due = MonotonicInstant.now.advanced(by: .milliseconds(1))
        while MonotonicInstant.now < due {}
        let start = MonotonicInstant.now
        while !queue.isEmpty {
            let now = MonotonicInstant.now
            while queue.popDue(now) != nil { fired += 1 }
        }
        firing += start.duration(to: .now)
    }

    /// What one timer took.
    func times(rounds: Int) -> TimerTimes {
        let timers = Double(count * rounds)
        func each(_ time: Duration) -> Double { time / .nanoseconds(1) / timers }
        return TimerTimes(insert: each(inserting), cancel: each(cancelling), fire: each(firing))
    }
}
