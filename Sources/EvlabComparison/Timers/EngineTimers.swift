internal import Multiplexing
internal import Readiness
internal import Sockets

/// The timer workload on a loop with callbacks: each timer is made anew, as programs do.
final class EngineTimers<Engine: EventEngine>: TimerRounds {
    private let engine: Engine
    private let count: Int
    private let order: [Int]
    private var chance = TimerChance()
    private var timers: [Engine.Registration] = []
    @safe @exclusivity(unchecked) private var fired = 0

    init(count: Int, on engine: Engine) {
        self.engine = engine
        self.count = count
        order = chance.order(count)
        timers.reserveCapacity(count)
    }

    private func insert(longest: UInt32) throws(IOError) {
        timers.removeAll(keepingCapacity: true)
        for _ in 0..<count {
            let delay = Duration.microseconds(Int64(chance.next() % longest))
            timers.append(try engine.schedule(after: delay) { [unowned self] _ in fired += 1 })
        }
    }

    func cancelRound(_ times: inout TimerTimes) throws(IOError) {
        let start = MonotonicInstant.now
        try insert(longest: 1_000_000)
        let inserted = MonotonicInstant.now
        for index in order { timers[index].cancel() }
        times.insert += start.duration(to: inserted) / .nanoseconds(1)
        times.cancel += inserted.duration(to: .now) / .nanoseconds(1)
    }

    func fireRound(_ times: inout TimerTimes) throws(IOError) {
        fired = 0
        try insert(longest: 1000)
        let due = MonotonicInstant.now.advanced(by: .milliseconds(1))
        while MonotonicInstant.now < due {}
        let start = MonotonicInstant.now
        while fired < count { try engine.run(.withoutWaiting) }
        times.fire += start.duration(to: .now) / .nanoseconds(1)
    }

    func script(_ delays: [Int], _ times: inout TimerTimes) throws(IOError) -> [Int] {
        let fired = FiredTimers()
        var timers: [Engine.Registration] = []
        let start = MonotonicInstant.now
        for (place, delay) in delays.enumerated() {
            timers.append(try engine.schedule(after: .milliseconds(abs(delay))) { _ in fired.places.append(place) })
        }
        times.insert += start.duration(to: .now) / .nanoseconds(1)
        for (place, delay) in delays.enumerated() where delay < 0 { timers[place].cancel() }
        try engine.run(.untilIdle)
        return fired.places
    }
}

/// The places of timers in the order in which they fired.
private final class FiredTimers {
    var places: [Int] = []
}
