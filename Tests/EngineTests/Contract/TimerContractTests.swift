import Multiplexing
import Readiness
import Sockets
import Testing

/// What every engine promises of its timers.
@Suite struct TimerContractTests {
    @Test("In the order of their deadlines, equal ones in the order of their making", arguments: EngineKind.allCases)
    func order(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var order: [Int]?
            for _ in 0..<1000 where order == nil { order = try Self.order(of: [30, 10, 20, 10, 0, 20], on: engine) }
            #expect(order == [0, 10, 10, 20, 20, 30])
        }
        try check(kind.make())
    }

    /// In which order timers of so many milliseconds come; `nil` when the machine was too slow to begin them together.
    private static func order(of delays: [Int], on engine: some EventEngine) throws -> [Int]? {
        var order: [Int] = []
        let start = MonotonicInstant.now
        for delay in delays { try engine.schedule(after: .milliseconds(delay)) { _ in order.append(delay) } }
        // The rest of the smallest difference is for a clock that is coarse.
        let isTogether = start.duration(to: .now) < .milliseconds(5)
        #expect(try engine.run(.untilIdle) == .idle)
        return isTogether ? order : nil
    }

    @Test("Equal delays come in the order in which they were asked for", arguments: EngineKind.allCases)
    func equalDelays(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var order: [Int] = []
            for number in 0..<200 { try engine.schedule(after: .milliseconds(2)) { _ in order.append(number) } }
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(order == Array(0..<200))
        }
        try check(kind.make())
    }

    @Test("Never early", arguments: EngineKind.allCases, [1, 700, 1_000, 2_500, 15_000])
    func neverEarly(_ kind: EngineKind, _ microseconds: Int) throws {
        func check(_ engine: some EventEngine) throws {
            let delay = Duration.microseconds(microseconds)
            for _ in 0..<5 {
                let start = MonotonicInstant.now
                var passed: Duration?
                try engine.schedule(after: delay) { _ in passed = start.duration(to: .now) }
                try engine.run(until: { passed != nil })
                #expect(try #require(passed) >= delay)
            }
        }
        try check(kind.make())
    }

    @Test("An interval comes again and again, and never early", arguments: EngineKind.allCases)
    func interval(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let start = MonotonicInstant.now
            var times: [Duration] = []
            try engine.schedule(after: .milliseconds(1), every: .milliseconds(3)) { registration in
                times.append(start.duration(to: .now))
                if times.count == 5 { registration.cancel() }
            }
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(times.count == 5)
            for (index, time) in times.enumerated() { #expect(time >= .milliseconds(1 + 3 * index)) }
        }
        try check(kind.make())
    }

    @Test(
        "An interval that was missed is not made up for",
        .bug(id: "repeating-timer-loses-its-grid"),
        arguments: EngineKind.allCases
    )
    func lateInterval(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var turns = 0
            var calls = 0
            let busy = MonotonicInstant.now.advanced(by: .milliseconds(30))
            try engine.schedule(after: .milliseconds(1), every: .milliseconds(1)) { registration in
                calls += 1
                // As many intervals are missed as would make a burst.
                while calls == 1, MonotonicInstant.now < busy {}
                if calls == 3 { registration.cancel() }
            }
            while calls < 3 {
                let before = calls
                try engine.run(.once)
                #expect(calls <= before + 1)
                turns += 1
            }
            #expect(turns >= 3)
        }
        try check(kind.make())
    }

    @Test(
        "A handler that takes longer than the interval is called at multiples of it, and knows how many it missed",
        .bug(id: "repeating-timer-loses-its-grid"),
        arguments: EngineKind.allCases
    )
    func longHandler(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let (delay, interval) = (Duration.milliseconds(5), Duration.milliseconds(10))
            let start = MonotonicInstant.now
            var last = -1
            var end = start
            var calls = 0
            var latestStart = start
            try engine.schedule(after: delay, every: interval) { registration in
                let now = MonotonicInstant.now
                let tick = last + 1 + registration.missedTicks
                // The one that it is called for has come, and had not when the call before it returned.
                #expect(start.duration(to: now) >= delay + interval * tick)
                if calls > 0 { #expect(latestStart.duration(to: end) < delay + interval * tick) }
                if calls > 0 { #expect(registration.missedTicks >= 1) }
                (last, calls) = (tick, calls + 1)
                if calls == 5 { return registration.cancel() }
                let until = now.advanced(by: interval * 1.5)
                while MonotonicInstant.now < until {}
                end = .now
            }
            latestStart = .now
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(calls == 5)
        }
        try check(kind.make())
    }

    @Test(
        "After work that held the loop up, one call stands for all that were missed",
        .bug(id: "repeating-timer-loses-its-grid"),
        arguments: EngineKind.allCases
    )
    func heldUp(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let interval = Duration.milliseconds(3)
            let start = MonotonicInstant.now
            var ticks = 0
            var missed: [Int] = []
            try engine.schedule(after: interval, every: interval) { registration in
                missed.append(registration.missedTicks)
                ticks += 1 + registration.missedTicks
                #expect(start.duration(to: .now) >= interval * ticks)
                if missed.count == 3 { registration.cancel() }
            }
            try engine.schedule(after: .zero) { registration in
                #expect(registration.missedTicks == 0)
                let until = start.advanced(by: interval * 10.5)
                while MonotonicInstant.now < until {}
            }
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(missed.count == 3)
            #expect(ticks >= 12)
        }
        try check(kind.make())
    }

    @Test(
        "One that is cancelled, or whose engine is closed, in a long handler is over",
        .bug(id: "repeating-timer-loses-its-grid"),
        arguments: EngineKind.allCases
    )
    func endedInLongHandler(_ kind: EngineKind) throws {
        func check(_ engine: some ClosableEngine) throws {
            var calls = 0
            func work() {
                calls += 1
                let until = MonotonicInstant.now.advanced(by: .milliseconds(3))
                while MonotonicInstant.now < until {}
            }
            try engine.schedule(after: .zero, every: .milliseconds(1)) { registration in
                registration.cancel()
                work()
            }
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(calls == 1)
            try engine.schedule(after: .zero, every: .milliseconds(1)) { [unowned engine] _ in
                engine.close()
                work()
            }
            #expect(try engine.run(.untilStopped) == .broken)
            #expect(calls == 2)
        }
        let engine = try #require(kind.make() as? any ClosableEngine)
        try check(engine)
    }

    @Test("A cancelled one does not come, wherever it is cancelled", arguments: EngineKind.allCases)
    func cancelling(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            var order: [String] = []
            let before = try engine.schedule(after: .zero) { _ in order.append("never") }
            before.cancel()
            before.cancel()
            var later: Engine.Registration?
            try engine.schedule(after: .zero) { registration in
                order.append("first")
                // It is due in this very turn.
                later?.cancel()
                registration.cancel()
            }
            later = try engine.schedule(after: .zero) { _ in order.append("never") }
            try engine.schedule(after: .zero) { _ in order.append("last") }
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(order == ["first", "last"])
        }
        try check(kind.make())
    }

    @Test("One that always comes at once lets others in, and a turn ends", arguments: EngineKind.allCases)
    func zeroDelays(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var calls = 0
            // The engine keeps the handlers, which must not keep it.
            var schedule: (@escaping () -> Void) throws -> Void = { _ in }
            schedule = { [unowned engine] handler in try engine.schedule(after: .zero) { _ in handler() } }
            func again() {
                calls += 1
                #expect(throws: Never.self) { try schedule(again) }
            }
            try schedule(again)
            let pair = try Pair()
            var reads = 0
            try engine.watch(pair.takeFirst(), for: .readable) { watch, _ in
                reads += 1
                watch.close()
            }
            try pair.send("x")
            for _ in 0..<10 { #expect(try engine.run(.withoutWaiting) == .turned) }
            #expect(reads == 1)
            #expect((1...10).contains(calls))
        }
        try check(kind.make())
    }

    @Test(
        "fault 28: years ahead is possible, and keeps nothing from ending",
        .bug(id: "very-long-times"),
        arguments: EngineKind.allCases
    )
    func years(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var far = false
            // More than 2^31 milliseconds.
            let registrations = try [Duration.seconds(2_147_484), .seconds(3_000_000), .seconds(1_000_000_000)].map {
                try engine.schedule(after: $0) { _ in far = true }
            }
            var near = false
            try engine.schedule(after: .milliseconds(5)) { _ in near = true }
            try engine.run(until: { near })
            #expect(!far)
            for registration in registrations { registration.cancel() }
            #expect(try engine.run(.untilIdle) == .idle)
        }
        try check(kind.make())
    }

    @Test("Longer than any clock counts is possible too", .bug(id: "very-long-times"), arguments: EngineKind.allCases)
    func beyondTheClock(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var far = false
            for delay in [
                Duration.seconds(Int64.max), .seconds(Int64.max / 10), .seconds(1e19), Duration(attoseconds: .max),
                .nanoseconds(Int64.max), .milliseconds(Int(CInt.max)), .milliseconds(Int(CInt.max) + 1),
            ] {
                let once = try engine.schedule(after: delay) { _ in far = true }
                let again = try engine.schedule(after: .zero, every: delay) { _ in }
                let both = try engine.schedule(after: delay, every: delay) { _ in far = true }
                var near = false
                try engine.schedule(after: .milliseconds(1)) { _ in near = true }
                try engine.run(until: { near })
                for registration in [once, again, both] { registration.cancel() }
            }
            #expect(!far)
            #expect(try engine.run(.untilIdle) == .idle)
        }
        try check(kind.make())
    }

    @Test("Impossible delays are errors", .bug(id: "very-long-times"), arguments: EngineKind.allCases)
    func impossible(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            for (delay, interval) in [
                (Duration.milliseconds(-1), Duration?.none), (.zero, .zero), (.zero, .milliseconds(-1)),
                (.milliseconds(-1), .milliseconds(1)),
            ] {
                let error = #expect(throws: IOError.self) {
                    try engine.schedule(after: delay, every: interval) { _ in }
                }
                #expect(error?.code == .outOfRange)
            }
            #expect(try engine.run(.untilIdle) == .idle)
        }
        try check(kind.make())
    }

    @Test("A timer that nobody holds comes, and lets go of its handler", arguments: EngineKind.allCases)
    func letsGo(_ kind: EngineKind) throws {
        final class Witness {}
        func check(_ engine: some EventEngine) throws {
            weak var witness: Witness?
            do {
                let held = Witness()
                witness = held
                try engine.schedule(after: .zero) { _ in _ = held }
            }
            #expect(witness != nil)
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(witness == nil)
        }
        try check(kind.make())
    }
}
