import Libevent
import Readiness
import Sockets
import Testing

@Suite struct EventBaseRunTests {
    @Test(arguments: TestBase.allCases)
    func anEmptyBaseIsIdle(kind: TestBase) throws {
        #expect(try kind.make().run(.untilIdle) == .idle)
        #expect(try kind.make().run(.once) == .idle)
    }

    @Test(arguments: TestBase.allCases)
    func aRunUntilIdleEndsWithTheLastEvent(kind: TestBase) throws {
        let base = try kind.make()
        var fired = 0
        try base.schedule(after: .milliseconds(1)) { _ in fired += 1 }
        try base.schedule(after: .milliseconds(2)) { _ in fired += 1 }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(fired == 2)
    }

    /// The poster and the signal mailbox are events of the base's own; they must not keep a run going.
    @Test(arguments: TestBase.allCases)
    func ourOwnEventsDoNotKeepARunGoing(kind: TestBase) throws {
        let base = try kind.make()
        _ = try base.poster()
        try base.onSignal(.windowChange) { _ in }.cancel()
        var fired = false
        try base.schedule(after: .milliseconds(1)) { _ in fired = true }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(fired)
    }

    @Test(arguments: TestBase.allCases)
    func aStopBeforeTheRunIsHonoured(kind: TestBase) throws {
        let base = try kind.make()
        var fired = false
        try base.schedule(after: .zero) { _ in fired = true }
        base.stop()
        #expect(try base.run() == .stopped)
        #expect(!fired)
        #expect(try base.run(.once) == .turned)
        #expect(fired)
    }

    @Test(arguments: TestBase.allCases)
    func aBreakBeforeTheRunIsHonoured(kind: TestBase) throws {
        let base = try kind.make()
        base.breakLoop()
        #expect(try base.run() == .broken)
    }

    @Test(arguments: TestBase.allCases)
    func aStopLetsTheCallbacksThatAreDueRun(kind: TestBase) throws {
        let base = try kind.make()
        var order: [Int] = []
        for number in 1...3 {
            try base.schedule(after: .zero) { [unowned base] _ in
                order.append(number)
                if number == 1 { base.stop() }
            }
        }
        #expect(try base.run() == .stopped)
        #expect(order.sorted() == [1, 2, 3])
    }

    @Test(arguments: TestBase.allCases)
    func aBreakLeavesWhatIsDueForTheNextRun(kind: TestBase) throws {
        let base = try kind.make()
        var order: [Int] = []
        for number in 1...3 {
            let event = try Event.user(on: base) { [unowned base] _, _ in
                order.append(number)
                base.breakLoop()
            }
            try event.activate()
        }
        #expect(try base.run() == .broken)
        #expect(order == [1])
        #expect(try base.run() == .broken)
        #expect(try base.run() == .broken)
        #expect(order == [1, 2, 3])
    }

    /// A busy urgent event must not put a stop off for ever.
    @Test(arguments: TestBase.allCases)
    func aStopEndsABusyBaseWithPriorities(kind: TestBase) throws {
        let base = try kind.make(priorities: 3)
        var calls = 0
        let busy = try Event.user(on: base) { [unowned base] event, _ in
            calls += 1
            if calls == 10 { base.stop() }
            if calls < 1_000 { try? event.activate() }
        }
        try busy.setPriority(0)
        try busy.activate()
        #expect(try base.run() == .stopped)
        #expect(calls < 1_000)
    }

    @Test(arguments: TestBase.allCases)
    func aNestedRunIsRefused(kind: TestBase) throws {
        let base = try kind.make()
        var inner: IOError?
        try base.schedule(after: .zero) { [unowned base] _ in
            inner = #expect(throws: IOError.self) { try base.run() }
            base.stop()
        }
        #expect(try base.run() == .stopped)
        #expect(inner?.code == .alreadyRunning)
    }

    /// libevent's own non-blocking mode goes on for as long as a level-triggered event is ready.
    @Test(arguments: TestBase.allCases)
    func aTurnWithoutWaitingEndsAlthoughSomethingStaysReady(kind: TestBase) throws {
        let base = try kind.make()
        var pair = try Socket.pair()
        try pair.second.send("never read")
        var calls = 0
        try base.watch(take(&pair), for: .readable) { _, _ in calls += 1 }
        for turn in 1...3 {
            #expect(try base.run(.withoutWaiting) == .turned)
            #expect(calls == turn)
        }
    }

    @Test(arguments: TestBase.allCases)
    func aTurnWithoutWaitingDoesNotWait(kind: TestBase) throws {
        let base = try kind.make()
        var fired = false
        try base.schedule(after: .seconds(100)) { _ in fired = true }
        #expect(try base.run(.withoutWaiting) == .turned)
        #expect(!fired)
    }

    @Test(arguments: TestBase.allCases)
    func aClosedBaseRefusesToRun(kind: TestBase) throws {
        let base = try kind.make()
        base.close()
        let error = #expect(throws: IOError.self) { try base.run() }
        #expect(error?.code == .closed)
    }

    @Test(arguments: TestBase.allCases)
    func closingInsideACallbackEndsTheRun(kind: TestBase) throws {
        let base = try kind.make()
        var after = false
        try base.schedule(after: .zero) { [unowned base] _ in base.close() }
        try base.schedule(after: .zero) { _ in after = true }
        #expect(try base.run() == .broken)
        #expect(!after)
    }

    @Test(arguments: TestBase.allCases)
    func theHandleIsTheBaseOfItsEvents(kind: TestBase) throws {
        let base = try kind.make()
        let event = try Event.user(on: base) { _, _ in }
        #expect(try event.base() === base)
    }
}

/// The first socket of a pair, for a call that consumes it.
func take(_ pair: inout SocketPair) throws -> Socket {
    var spare = try Socket(.unix)
    swap(&spare, &pair.first)
    return spare
}
