import Libevent
import Readiness
import Sockets
import Testing

/// Who keeps an event, for how long, and what a removal or a new interest leaves of it.
@Suite struct EventKeepingTests {
    /// Nobody but the base holds it, and it is not added: the activation alone has to keep it.
    @Test(arguments: TestBase.allCases)
    func anEventThatActivatesItselfInItsHandlerIsCalledAgain(kind: TestBase) throws {
        let base = try kind.make()
        var calls = 0
        func start() throws {
            let event = try Event.user(on: base) { event, _ in
                calls += 1
                if calls < 3 { try? event.activate() }
            }
            try event.activate()
            #expect(event.isPending)
        }
        try start()
        #expect(try base.run(.untilIdle) == .idle)
        #expect(calls == 3)
    }

    /// In its second call, which it asked for itself, its last owner lets go of it.
    @Test(arguments: TestBase.allCases)
    func anEventLivesThroughAnActivationOfItsOwn(kind: TestBase) throws {
        let base = try kind.make()
        var calls = 0
        var held: Event?
        weak var observed: Event?
        held = try Event.user(on: base) { event, _ in
            calls += 1
            if calls == 1 { return (try? event.activate()) ?? () }
            held = nil
            #expect(observed != nil)
        }
        observed = held
        try held?.activate()
        try base.runWithoutWaiting()
        #expect(calls == 2)
        #expect(observed == nil)
    }

    @Test(arguments: TestBase.allCases)
    func onAClosedBaseAnEventThatWasNotAddedIsClosedToo(kind: TestBase) throws {
        let base = try kind.make()
        let pair = try Socket.pair()
        let events = [
            try Event.user(on: base) { _, _ in }, try Event.timer(on: base) { _, _ in },
            try Event(on: base, watching: pair.first.fileDescriptor, for: .readable) { _, _ in },
        ]
        base.close()
        for event in events {
            #expect(event.isClosed)
            #expect(throws: IOError.self) { try event.add(timeout: .seconds(1)) }
            #expect(throws: IOError.self) { try event.activate() }
        }
        #expect(throws: IOError.self) { try events[2].setInterest(.writable) }
    }

    // MARK: Watches

    @Test(arguments: TestBase.allCases)
    func aWatchThatPausesItselfIsKept(kind: TestBase) throws {
        let base = try kind.make()
        var pair = try Socket.pair()
        weak var watch: Event?
        var calls = 0
        watch = try base.watch(take(&pair), for: .readable) { event, _ in
            calls += 1
            try? event.setInterest([])
        }
        try pair.second.send("x")
        try base.runWithoutWaiting()
        #expect(calls == 1)
        try #require(watch != nil)
        try watch?.setInterest(.readable)
        try base.runWithoutWaiting()
        #expect(calls == 2)
        watch?.close()
        #expect(watch == nil)
    }

    @Test(arguments: TestBase.allCases)
    func aWatchIsKeptThatWaitsForNothingYetOrNoMore(kind: TestBase) throws {
        let base = try kind.make()
        for (interest, trigger) in [(Interest(), Trigger.level), (.readable, .levelOneShot)] {
            var pair = try Socket.pair()
            weak var watch: Event?
            var calls = 0
            watch = try base.watch(take(&pair), for: interest, trigger: trigger) { _, _ in calls += 1 }
            try pair.second.send("x")
            try base.runWithoutWaiting()
            #expect(calls == (interest.isEmpty ? 0 : 1))
            try #require(watch != nil)
            try watch?.setInterest(.readable)
            calls = 0
            try base.runWithoutWaiting(turns: 1)
            #expect(calls == 1)
            watch?.close()
            #expect(watch == nil)
        }
    }

    // MARK: Time-outs

    @Test(arguments: TestBase.allCases)
    func aNewInterestKeepsTheTimeOut(kind: TestBase) throws {
        let base = try kind.make()
        for trigger in [Trigger.level, .levelOneShot] {
            let pair = try Socket.pair()
            var ready: [ReadyEvents] = []
            let event = try Event(
                on: base,
                watching: pair.first.fileDescriptor,
                for: .writable,
                trigger: trigger
            ) { _, what in ready.append(what) }
            try event.add(timeout: .milliseconds(20))
            try event.setInterest(.readable)
            #expect(event.timeLeft != nil)
            try base.run(until: { !ready.isEmpty })
            #expect(ready == [.timedOut])
            event.close()
        }
    }

    @Test(arguments: TestBase.allCases)
    func addingWithoutATimeOutTakesTheEarlierOneAway(kind: TestBase) throws {
        let base = try kind.make()
        let pair = try Socket.pair()
        var ready: [ReadyEvents] = []
        let event = try Event(on: base, watching: pair.first.fileDescriptor, for: .readable) { event, what in
            ready.append(what)
            _ = try? event.socket.drain()
        }
        for removes in [false, true] {
            try event.add(timeout: .milliseconds(5))
            if removes { event.remove() }
            try event.add()
            #expect(event.timeLeft == nil)
            // A readiness must not bring it back.
            try pair.second.send("x")
            try base.run(until: { !ready.isEmpty })
            var isOver = false
            try base.schedule(after: .milliseconds(30)) { _ in isOver = true }
            try base.run(until: { isOver })
            #expect(ready == [.readable])
            ready = []
        }
        event.close()
    }

    @Test(arguments: TestBase.allCases)
    func activatingARepeatingTimerAsTimedOutDoesNotShiftIt(kind: TestBase) throws {
        let base = try kind.make()
        var flags: [ReadyEvents] = []
        let timer = try Event.timer(on: base, repeating: true) { _, ready in flags.append(ready) }
        try timer.add(timeout: .seconds(1000))
        try timer.activate(.timedOut)
        try base.run(until: { flags.count == 1 })
        #expect(try #require(timer.timeLeft) <= .seconds(1000))
        #expect(flags == [.timedOut])
        timer.close()
    }

    @Test(arguments: TestBase.allCases)
    func aRemovalTakesAnActivationAlong(kind: TestBase) throws {
        let base = try kind.make()
        var calls = 0
        let events = [
            try Event.user(on: base) { _, _ in calls += 1 },
            try Event.timer(on: base, repeating: true) { _, _ in calls += 1 },
        ]
        for event in events {
            try event.add(timeout: .seconds(1000))
            try event.activate()
            event.remove()
        }
        try base.runWithoutWaiting()
        #expect(calls == 0)
        // Added again, an event does not get what was meant for it before.
        try events[1].add(timeout: .seconds(1000))
        try events[1].activate()
        events[1].remove()
        try events[1].add(timeout: .seconds(1000))
        try base.runWithoutWaiting()
        #expect(calls == 0)
        events.forEach { $0.close() }
    }
}
