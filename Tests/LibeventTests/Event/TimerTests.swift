import Libevent
import Readiness
import Sockets
import Testing

@Suite struct TimerTests {
    private let clock = ContinuousClock()

    @Test(arguments: TestBase.allCases)
    func timersAreNeverEarly(kind: TestBase) throws {
        let base = try kind.make()
        var early: [Duration] = []
        var left = 0
        for microseconds in stride(from: 0, to: 20_000, by: 700) {
            let delay = Duration.microseconds(microseconds)
            let start = clock.now
            left += 1
            try base.schedule(after: delay) { [clock] _ in
                if clock.now - start < delay { early.append(delay) }
                left -= 1
            }
        }
        try base.run(until: { left == 0 })
        #expect(early.isEmpty)
    }

    @Test(arguments: TestBase.allCases)
    func timersFireInTheOrderOfTheirTimes(kind: TestBase) throws {
        let base = try kind.make()
        var order: [Int]?
        for _ in 0..<1000 where order == nil { order = try self.order(of: [30, 10, 20, 0, 40], on: base) }
        #expect(order == [0, 10, 20, 30, 40])
    }

    /// In which order timers of so many milliseconds fire; `nil` when the machine was too slow to begin them together.
    private func order(of delays: [Int], on base: EventBase) throws -> [Int]? {
        var order: [Int] = []
        let start = clock.now
        for delay in delays { try base.schedule(after: .milliseconds(delay)) { _ in order.append(delay) } }
        // The rest of the smallest difference is for a clock that is coarse.
        let isTogether = clock.now - start < .milliseconds(5)
        #expect(try base.run(.untilIdle) == .idle)
        return isTogether ? order : nil
    }

    @Test(arguments: TestBase.allCases)
    func aRepeatingTimerFiresUntilItIsCancelled(kind: TestBase) throws {
        let base = try kind.make()
        var fired = 0
        try base.schedule(after: .zero, every: .milliseconds(1)) { timer in
            fired += 1
            if fired == 5 { timer.cancel() }
        }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(fired == 5)
    }

    @Test(arguments: TestBase.allCases)
    func theFirstDelayMayDifferFromTheInterval(kind: TestBase) throws {
        let base = try kind.make()
        let start = clock.now
        var times: [Duration] = []
        try base.schedule(after: .milliseconds(1), every: .milliseconds(30)) { [clock] timer in
            times.append(clock.now - start)
            if times.count == 2 { timer.cancel() }
        }
        try base.run(until: { times.count == 2 })
        #expect(times[0] >= .milliseconds(1))
        #expect(times[1] >= .milliseconds(31))
    }

    /// libevent counts an activation of a periodic timer as its time-out, and so doubles the next period.
    @Test(arguments: TestBase.allCases)
    func activatingARepeatingTimerDoesNotShiftIt(kind: TestBase) throws {
        let base = try kind.make()
        var flags: [ReadyEvents] = []
        let timer = try Event.timer(on: base, repeating: true) { _, ready in flags.append(ready) }
        try timer.add(timeout: .seconds(1000))
        try timer.activate()
        try base.run(until: { flags.count == 1 })
        let left = try #require(timer.timeLeft)
        #expect(left <= .seconds(1000))
        #expect(flags == [[]])
        timer.close()
    }

    @Test(arguments: TestBase.allCases)
    func aCancelledTimerDoesNotFire(kind: TestBase) throws {
        let base = try kind.make()
        var fired = false
        let timer = try base.schedule(after: .zero) { _ in fired = true }
        timer.cancel()
        timer.cancel()
        #expect(try base.run(.untilIdle) == .idle)
        #expect(!fired)
    }

    @Test(arguments: TestBase.allCases)
    func aTimerCanCancelAnotherThatIsDue(kind: TestBase) throws {
        let base = try kind.make()
        var timers: [Event] = []
        var fired = 0
        for _ in 0..<2 {
            timers.append(
                try base.schedule(after: .zero) { _ in
                    fired += 1
                    timers.forEach { $0.cancel() }
                }
            )
        }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(fired == 1)
    }

    @Test(arguments: TestBase.allCases)
    func aTimerCanBeAddedAgainInItsHandler(kind: TestBase) throws {
        let base = try kind.make()
        var fired = 0
        let timer = try Event.timer(on: base) { timer, _ in
            fired += 1
            if fired < 3 { try? timer.add(timeout: .milliseconds(1)) }
        }
        try timer.add(timeout: .zero)
        #expect(try base.run(.untilIdle) == .idle)
        #expect(fired == 3)
        #expect(!timer.isPending)
    }

    @Test(.bug(id: "very-long-times"), arguments: TestBase.allCases)
    func aVeryLongTimerWaits(kind: TestBase) throws {
        let base = try kind.make()
        var fired = false
        let days = try base.schedule(after: .seconds(3_000_000)) { _ in fired = true }
        let longest = try base.schedule(after: .seconds(Int64.max / 2)) { _ in fired = true }
        try base.schedule(after: .milliseconds(1)) { [unowned base] _ in base.stop() }
        #expect(try base.run() == .stopped)
        #expect(!fired)
        let left = try #require(days.timeLeft)
        #expect(left > .seconds(2_999_000) && left <= .seconds(3_000_000))
        #expect(try #require(longest.timeLeft) > left)
    }

    @Test(arguments: TestBase.allCases)
    func impossibleDelaysAreRefused(kind: TestBase) throws {
        let base = try kind.make()
        let calls: [() throws -> Void] = [
            { try base.schedule(after: .seconds(-1)) { _ in } },
            { try base.schedule(after: .zero, every: .zero) { _ in } },
            { try base.schedule(after: .zero, every: .seconds(-1)) { _ in } },
            { try Event.timer(on: base, repeating: true) { _, _ in }.add(timeout: .zero) },
        ]
        for call in calls {
            let error = #expect(throws: IOError.self) { try call() }
            #expect(error?.code == .outOfRange)
        }
        let error = #expect(throws: IOError.self) { try Event.timer(on: base) { _, _ in }.add() }
        #expect(error?.code == .invalidArgument)
        #expect(try base.run(.untilIdle) == .idle)
    }
}
