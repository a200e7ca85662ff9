internal import Multiplexing

/// The timer workload on a ``TimerQueue``; the same in plain C on libevent is `cbaseline_timers_cancel_round`.
struct TimerQueueRounds: ~Copyable {
    private var queue: TimerQueue<Int>
    private var keys: [TimerQueue<Int>.Key] = []
    private let order: [Int]
    private let count: Int
    private var chance = TimerChance()

    init(count: Int) {
        queue = TimerQueue(minimumCapacity: count)
        self.count = count
        order = chance.order(count)
        keys.reserveCapacity(count)
    }

    private mutating func insert(longest: UInt32) {
        keys.removeAll(keepingCapacity: true)
        for index in 0..<count {
            let delay = Int64(chance.next() % longest) * 1000
            keys.append(queue.insert(index, at: .now.advanced(byNanoseconds: delay)))
        }
    }

    mutating func cancelRound(_ times: inout TimerTimes) {
        let start = MonotonicInstant.now
        insert(longest: 1_000_000)
        let inserted = MonotonicInstant.now
        for index in order { queue.cancel(keys[index]) }
        let cancelled = MonotonicInstant.now
        times.insert += start.duration(to: inserted) / .nanoseconds(1)
        times.cancel += inserted.duration(to: cancelled) / .nanoseconds(1)
    }

    mutating func fireRound(_ times: inout TimerTimes) {
        insert(longest: 1000)
        let due = MonotonicInstant.now.advanced(by: .milliseconds(1))
        while MonotonicInstant.now < due {}
        let start = MonotonicInstant.now
        while !queue.isEmpty {
            let now = MonotonicInstant.now
            while queue.popDue(now) != nil {}
        }
        times.fire += start.duration(to: .now) / .nanoseconds(1)
    }

    mutating func script(_ delays: [Int], _ times: inout TimerTimes) -> [Int] {
        let start = MonotonicInstant.now
        var keys: [TimerQueue<Int>.Key] = []
        for (place, delay) in delays.enumerated() {
            keys.append(queue.insert(place, at: .now.advanced(by: .milliseconds(abs(delay)))))
        }
        times.insert += start.duration(to: .now) / .nanoseconds(1)
        for (place, delay) in delays.enumerated() where delay < 0 { queue.cancel(keys[place]) }
        var fired: [Int] = []
        while !queue.isEmpty {
            if let place = queue.popDue(.now) { fired.append(place) }
        }
        return fired
    }
}
