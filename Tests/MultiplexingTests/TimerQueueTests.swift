import Multiplexing
import SeededRandom
import Testing

@Suite("A timer queue")
struct TimerQueueTests {
    /// What the queue must do, done simply.
    private struct Model {
        var waiting: [(deadline: MonotonicInstant, name: Int)] = []

        mutating func insert(_ name: Int, _ deadline: MonotonicInstant) {
            // After its equals.
            let place = waiting.firstIndex { $0.deadline > deadline } ?? waiting.count
            waiting.insert((deadline, name), at: place)
        }

        mutating func popDue(_ now: MonotonicInstant) -> Int? {
            guard let first = waiting.first, first.deadline <= now else { return nil }
            return waiting.removeFirst().name
        }
    }

    /// Delays of all sizes: equal ones, neighbours, seconds, years, and times that have passed.
    private static func delay(_ chance: inout RepeatableRandom) -> Int64 {
        switch Int.random(in: 0..<8, using: &chance) {
        case 0: 0
        case 1: .random(in: -5...5, using: &chance)
        case 2: .random(in: 0..<64, using: &chance)
        case 3: .random(in: 0..<5000, using: &chance)
        case 4: 1 << Int64.random(in: 0..<62, using: &chance)
        case 5: .random(in: 0..<3_000_000_000, using: &chance)
        case 6: .random(in: 0..<Int64.max / 2, using: &chance)
        default: 1000
        }
    }

    @Test(
        "does what a sorted list does, whatever is put in",
        arguments: (0..<20).map { _ in UInt64.random(in: 0...UInt64.max) }
    )
    func model(_ seed: UInt64) throws {
        var chance = RepeatableRandom(seed: seed)
        var queue = TimerQueue<Int>(minimumCapacity: 1)
        var model = Model()
        var keys: [Int: TimerKey] = [:]
        var now = MonotonicInstant.now
        for name in 0..<3000 {
            switch Int.random(in: 0..<10, using: &chance) {
            case 0..<6:
                let deadline = now.advanced(byNanoseconds: Self.delay(&chance))
                keys[name] = queue.insert(name, at: deadline)
                model.insert(name, deadline)
            case 6, 7:
                guard let (other, key) = keys.randomElement(using: &chance) else { continue }
                let index = model.waiting.firstIndex { $0.name == other }
                #expect(queue.cancel(key) == (index == nil ? nil : other))
                if let index { model.waiting.remove(at: index) }
                keys[other] = nil
                #expect(queue.cancel(key) == nil)
            default:
                now = now.advanced(byNanoseconds: Int64.random(in: 0..<10_000, using: &chance))
                if let next = queue.nextDeadline {
                    #expect(next <= (try #require(model.waiting.first)).deadline)
                }
                #expect(queue.isDue(now) == (model.waiting.first.map { $0.deadline <= now } ?? false))
                for _ in 0..<Int.random(in: 1...20, using: &chance) {
                    let expected = model.popDue(now)
                    #expect(queue.popDue(now) == expected)
                    if expected == nil { break }
                }
            }
            #expect(queue.count == model.waiting.count)
        }
        while let expected = model.popDue(.distantFuture) { #expect(queue.popDue(.distantFuture) == expected) }
        #expect(queue.isEmpty && queue.nextDeadline == nil)
    }

    @Test(
        "with few in it, the next deadline is exact, however far it is",
        arguments: [1, 63, 64, 4095, 1 << 30, 1 << 55]
    )
    func nextDeadline(_ delay: Int64) {
        var queue = TimerQueue<String>()
        let deadline = MonotonicInstant.now.advanced(byNanoseconds: delay)
        _ = queue.insert("later", at: deadline.advanced(byNanoseconds: 1))
        _ = queue.insert("first", at: deadline)
        #expect(queue.nextDeadline == deadline)
        #expect(queue.popDue(deadline.advanced(byNanoseconds: -1)) == nil)
        #expect(queue.nextDeadline == deadline)
        #expect(queue.popDue(deadline) == "first")
        #expect(queue.popDue(deadline) == nil)
    }

    @Test("with many in it, looking when it says ends at the deadline after few looks")
    func looks() {
        var queue = TimerQueue<Int>()
        let start = MonotonicInstant.now
        for number in 0..<1000 {
            _ = queue.insert(number, at: start.advanced(byNanoseconds: 1_000_000_000 + Int64(number) * 1_000_003))
        }
        var looks = 0
        var now = start
        while let next = queue.nextDeadline {
            looks += 1
            #expect(next > now || queue.isDue(now))
            now = max(now, next)
            while queue.popDue(now) != nil {}
        }
        #expect(looks < 3000)
    }

    @Test("lets go of what is in it when it ends, and no earlier")
    func elements() {
        final class Witness {}
        weak var waiting: Witness?
        weak var cancelled: Witness?
        do {
            var queue = TimerQueue<Witness>(minimumCapacity: 1)
            let witnesses = [Witness(), Witness(), Witness()]
            (waiting, cancelled) = (witnesses[0], witnesses[1])
            let keys = witnesses.map { queue.insert($0, at: .distantFuture) }
            _ = consume witnesses
            queue.cancel(keys[1])
            #expect(cancelled == nil && waiting != nil)
            _ = queue.isEmpty
        }
        #expect(waiting == nil)
    }

    @Test(
        "deadlines beyond the clock are its end, and past ones are due at once",
        .bug(id: "very-long-times"),
        arguments: [
            Duration.seconds(Int64.max), .seconds(Int64.max / 10), Duration(attoseconds: .max), .nanoseconds(Int64.max),
        ]
    )
    func beyondTheClock(_ delay: Duration) {
        var queue = TimerQueue<String>()
        let now = MonotonicInstant.now
        _ = queue.insert("late", at: now.advanced(by: delay))
        #expect(queue.popDue(now.advanced(by: .seconds(1_000_000_000))) == nil)
        _ = queue.insert("past", at: now.advanced(by: .zero - delay))
        _ = queue.insert("now", at: now)
        #expect(queue.popDue(now) == "past")
        #expect(queue.popDue(now) == "now")
        #expect(queue.popDue(now) == nil)
        #expect(queue.popDue(.distantFuture) == "late")
    }

    @Test("time that does not move still lets everything out")
    func standingClock() {
        var queue = TimerQueue<Int>()
        let now = MonotonicInstant.now
        for number in 0..<100 { _ = queue.insert(number, at: now) }
        for number in 0..<100 { #expect(queue.popDue(now) == number) }
        _ = queue.insert(100, at: now)
        #expect(queue.popDue(now) == 100)
        #expect(queue.popDue(now) == nil)
    }
}
