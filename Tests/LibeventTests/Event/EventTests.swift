import CLinux
import Glibc
import Libevent
import Readiness
import Sockets
import SystemPackage
import Testing

@Suite struct EventTests {
    // MARK: Triggers

    @Test(arguments: TestBase.allCases)
    func aLevelTriggerRepeatsUntilTheDataIsRead(kind: TestBase) throws {
        let base = try kind.make()
        var pair = try Socket.pair()
        var calls = 0
        try base.watch(take(&pair), for: .readable, trigger: .level) { event, ready in
            #expect(ready == .readable)
            calls += 1
            if calls == 3 { _ = try? event.socket.drain() }
        }
        try pair.second.send("x")
        try base.runWithoutWaiting()
        #expect(calls == 3)
    }

    @Test(arguments: TestBase.edgeTriggered)
    func anEdgeTriggerReportsEachArrivalOnce(kind: TestBase) throws {
        let base = try kind.make()
        var pair = try Socket.pair()
        var calls = 0
        try base.watch(take(&pair), for: .readable, trigger: .edge) { _, _ in calls += 1 }
        for arrival in 1...3 {
            try pair.second.send("x")
            try base.runWithoutWaiting()
            #expect(calls == arrival)
        }
    }

    @Test(arguments: TestBase.allCases, [Trigger.levelOneShot, .edgeOneShot])
    func aOneShotReportsOnceUntilItIsRearmed(kind: TestBase, trigger: Trigger) throws {
        guard !trigger.isEdge || TestBase.edgeTriggered.contains(kind) else { return }
        let base = try kind.make()
        var pair = try Socket.pair()
        var calls = 0
        let event = try base.watch(take(&pair), for: .readable, trigger: trigger) { _, _ in calls += 1 }
        try pair.second.send("x")
        try base.runWithoutWaiting()
        #expect(calls == 1)
        #expect(!event.isPending)
        try event.setInterest(.readable)
        try base.runWithoutWaiting()
        #expect(calls == 2)
    }

    @Test(arguments: [TestBase.poll, .select], [Trigger.edge, .edgeOneShot])
    func anEdgeTriggerIsRefusedWhereTheMethodHasNone(kind: TestBase, trigger: Trigger) throws {
        let base = try kind.make()
        var pair = try Socket.pair()
        let error = try #require(throws: IOError.self) {
            try base.watch(take(&pair), for: .readable, trigger: trigger) { _, _ in }
        }
        #expect(error.code == .unsupported)
        #expect(error.detail.contains("epoll"))
        // The socket was consumed all the same: it is closed, and its peer knows.
        pair.second.waitForInput()
        #expect(try pair.second.drain().atEnd)
    }

    // MARK: Interest

    @Test(arguments: TestBase.allCases)
    func aSocketWithRoomIsWritable(kind: TestBase) throws {
        let base = try kind.make()
        var pair = try Socket.pair()
        var seen: ReadyEvents = []
        try base.watch(take(&pair), for: [.readable, .writable]) { event, ready in
            seen.formUnion(ready)
            event.close()
        }
        try pair.second.send("x")
        try base.run(.once)
        #expect(seen == [.readable, .writable])
    }

    @Test(arguments: TestBase.allCases)
    func theInterestCanChange(kind: TestBase) throws {
        let base = try kind.make(priorities: 3)
        var pair = try Socket.pair()
        var seen: [ReadyEvents] = []
        let event = try base.watch(take(&pair), for: .readable) { _, ready in seen.append(ready) }
        try event.setPriority(2)
        try event.setInterest(.writable)
        try base.run(.once)
        #expect(seen == [.writable])
        #expect(event.priority == 2)
        try event.setInterest([])
        try base.runWithoutWaiting()
        #expect(seen == [.writable])
        try pair.second.send("x")
        try event.setInterest(.readable)
        try base.run(.once)
        #expect(seen == [.writable, .readable])
    }

    @Test(arguments: [TestBase.epoll, .epollChangelist, .poll])
    func theClosingOfThePeerIsReportedBeforeTheDataIsRead(kind: TestBase) throws {
        let base = try kind.make()
        var pair = try Socket.pair()
        var seen: ReadyEvents = []
        try base.watch(take(&pair), for: [.readable, .peerClosed]) { event, ready in
            seen.formUnion(ready)
            event.close()
        }
        try pair.second.send("x")
        try pair.second.shutDown(.writing)
        try base.run(.once)
        #expect(seen == [.readable, .peerClosed])
    }

    @Test(arguments: TestBase.allCases, [Interest.priority, .peerClosed])
    func interestsThatTheMethodLacksAreRefused(kind: TestBase, interest: Interest) throws {
        let base = try kind.make()
        guard interest == .priority || !base.capabilities.contains(.peerClosed) else { return }
        var pair = try Socket.pair()
        let error = #expect(throws: IOError.self) { try base.watch(take(&pair), for: interest) { _, _ in } }
        #expect(error?.code == .unsupported)
    }

    @Test(arguments: TestBase.allCases)
    func aFileThatNeverBlocksIsWatchedOrRefusedAsTheMethodCan(kind: TestBase) throws {
        let base = try kind.make()
        let null = Descriptor(adopting: FileDescriptor(rawValue: clinux_open_null()))
        var seen: ReadyEvents = []
        func watch() throws {
            try Event(on: base, watching: null.fileDescriptor, for: .readable) { event, ready in
                seen = ready
                event.remove()
            }.add()
        }
        guard base.capabilities.contains(.anyFile) else {
            let error = #expect(throws: IOError.self) { try watch() }
            #expect(error?.code == .notPollable)
            return
        }
        try watch()
        try base.run(.once)
        #expect(seen == .readable)
    }

    /// Debian's libevent ends the process when its select is given such a descriptor.
    @Test func selectRefusesDescriptorsFrom1024On() throws {
        let base = try TestBase.select.make()
        let pair = try Socket.pair()
        let high = try pair.first.duplicated(from: 1024)
        let error = try #require(throws: IOError.self) {
            try Event(on: base, watching: high.fileDescriptor, for: .readable) { _, _ in }
        }
        #expect(error.code == .outOfRange)
        #expect(error.detail.contains("poll"))
        let another = try Socket(adopting: pair.first.duplicated(from: 1024).release())
        let number = another.fileDescriptor.rawValue
        #expect(number >= 1024)
        let streamError = streamFailure(another, on: base)
        #expect(streamError?.code == .outOfRange)
    }

    private func streamFailure(_ socket: consuming Socket, on base: EventBase) -> IOError? {
        do throws(IOError) {
            _ = try BufferEvent(adopting: socket, on: base)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [TestBase.epoll, .epollChangelist, .poll])
    func otherMethodsTakeDescriptorsFrom1024On(kind: TestBase) throws {
        let base = try kind.make()
        let pair = try Socket.pair()
        let high = try pair.first.duplicated(from: 1024)
        var calls = 0
        let event = try Event(on: base, watching: high.fileDescriptor, for: .writable) { event, _ in
            calls += 1
            event.remove()
        }
        try event.add()
        try base.run(.once)
        #expect(calls == 1)
        event.close()
    }

    // MARK: Time-outs

    @Test(arguments: TestBase.allCases)
    func aTimeOutIsReportedWhenNothingWasReady(kind: TestBase) throws {
        let base = try kind.make()
        let pair = try Socket.pair()
        var seen: [ReadyEvents] = []
        let event = try Event(on: base, watching: pair.first.fileDescriptor, for: .readable) { event, ready in
            seen.append(ready)
            if seen.count == 2 { event.remove() }
        }
        try event.add(timeout: .milliseconds(2))
        try base.run(until: { seen.count == 2 })
        #expect(seen == [.timedOut, .timedOut])
    }

    /// libevent reports the time-out alone when a descriptor becomes ready in the turn in which the time runs out.
    @Test(arguments: TestBase.allCases, Trigger.allCases)
    func aTimeOutNeverSwallowsReadiness(kind: TestBase, trigger: Trigger) throws {
        guard !trigger.isEdge || TestBase.edgeTriggered.contains(kind) else { return }
        let base = try kind.make()
        let pair = try Socket.pair()
        var seen: ReadyEvents?
        let event = try Event(on: base, watching: pair.first.fileDescriptor, for: .readable, trigger: trigger) {
            event,
            ready in
            seen = ready
            event.remove()
        }
        // The other timer is due first, and keeps the loop until the time-out has passed too.
        let clock = ContinuousClock()
        try base.schedule(after: .milliseconds(1)) { _ in
            try? event.add(timeout: .milliseconds(1))
            try? pair.second.send("x")
            let until = clock.now + .milliseconds(3)
            while clock.now < until {}
        }
        try base.run(until: { seen != nil })
        #expect(seen == .readable)
    }

    // MARK: Removing, closing, letting go

    @Test(arguments: TestBase.allCases)
    func anEventCanCloseItselfInItsHandler(kind: TestBase) throws {
        let base = try kind.make()
        var pair = try Socket.pair()
        var calls = 0
        try base.watch(take(&pair), for: .readable) { event, _ in
            calls += 1
            _ = try? event.socket.drain()
            event.close()
            event.close()
            let error = #expect(throws: IOError.self) { try event.add() }
            #expect(error?.code == .closed)
            // The number may be another file's by now: the event's own socket is gone.
            #expect(throws: IOError.self) { try event.socket.send("x") }
        }
        try pair.second.send("x")
        #expect(try base.run(.untilIdle) == .idle)
        #expect(calls == 1)
        pair.second.waitForInput()
        #expect(try pair.second.drain().atEnd)
    }

    @Test(arguments: TestBase.allCases)
    func anEventThatIsLetGoOfInItsHandlerLivesUntilItsEnd(kind: TestBase) throws {
        let base = try kind.make()
        final class Witness {}
        var event: Event?
        weak var witness: Witness?
        var sawWitness = false
        do {
            let strong = Witness()
            witness = strong
            event = try Event.timer(on: base) { own, _ in
                event = nil
                own.close()
                sawWitness = strong === witness
            }
        }
        try event?.add(timeout: .zero)
        #expect(try base.run(.untilIdle) == .idle)
        #expect(sawWitness)
        #expect(witness == nil)
    }

    /// Both sockets are ready in one turn; whichever comes first closes the other.
    @Test(arguments: TestBase.allCases)
    func anEventThatWasClosedInTheSameTurnIsNotCalled(kind: TestBase) throws {
        let base = try kind.make()
        let pairs = [try SocketBox(), try SocketBox()]
        var events: [Event] = []
        var calls = 0
        for box in pairs {
            let event = try base.watch(box.takeFirst(), for: .readable) { _, _ in
                calls += 1
                events.forEach { $0.close() }
            }
            events.append(event)
        }
        for box in pairs { try box.second.send("x") }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(calls == 1)
    }

    /// Two sockets are ready in one turn. The first callback closes both; new sockets get their numbers at once. In a process
    /// of its own, where no other test takes the numbers first.
    @Test func aReusedDescriptorNeverGetsTheOldEvent() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for kind in TestBase.allCases { try reuseNumbersInACallback(of: kind) }
            exit(0)
        }
    }

    /// A handler that captures its own event would keep it for ever, were it not let go of at the close.
    @Test(arguments: TestBase.allCases)
    func aHandlerMayHoldItsOwnEvent(kind: TestBase) throws {
        let base = try kind.make()
        weak var observed: Event?
        do {
            var event: Event?
            event = try Event.timer(on: base) { _, _ in event?.close() }
            observed = event
            try event?.add(timeout: .zero)
        }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(observed == nil)
    }

    @Test(arguments: TestBase.allCases)
    func whatNobodyHoldsAndNobodyAddedGoesAway(kind: TestBase) throws {
        let base = try kind.make()
        weak var forgotten: Event?
        do {
            let event = try Event.timer(on: base) { _, _ in }
            forgotten = event
        }
        #expect(forgotten == nil)
    }

    @Test(arguments: TestBase.allCases)
    func theEndOfTheBaseClosesWhatWasMadeOnIt(kind: TestBase) throws {
        var base: EventBase? = try kind.make()
        var pair = try Socket.pair()
        var event = try base?.watch(take(&pair), for: .readable) { _, _ in Issue.record("called") }
        try pair.second.send("x")
        base = nil
        // The peer reads the end, or a reset for the byte that nobody read.
        pair.second.waitForInput()
        #expect((try? pair.second.drain().atEnd) ?? true)
        let error = #expect(throws: IOError.self) { try event?.add() }
        #expect(error?.code == .closed)
        #expect(throws: IOError.self) { try event?.activate() }
        #expect(throws: IOError.self) { try event?.base() }
        #expect(event?.isPending == false)
        event = nil
    }

    // MARK: Activating, priorities

    @Test(arguments: TestBase.allCases)
    func aUserEventRunsWhenItIsActivated(kind: TestBase) throws {
        let base = try kind.make()
        var seen: [ReadyEvents] = []
        let event = try Event.user(on: base) { _, ready in seen.append(ready) }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(seen.isEmpty)
        try event.activate(.writable)
        #expect(event.isPending)
        #expect(try base.run(.untilIdle) == .idle)
        #expect(seen == [.writable])
        try event.activate()
        event.remove()
        #expect(try base.run(.untilIdle) == .idle)
        #expect(seen == [.writable])
    }

    @Test(arguments: TestBase.allCases)
    func urgentEventsComeFirst(kind: TestBase) throws {
        let base = try kind.make(priorities: 3)
        var order: [Int] = []
        for priority in [2, 0, 1] {
            let event = try Event.user(on: base) { _, _ in order.append(priority) }
            try event.setPriority(priority)
            try event.activate()
        }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(order == [0, 1, 2])
    }

    @Test(arguments: TestBase.allCases)
    func impossiblePrioritiesAreRefused(kind: TestBase) throws {
        let base = try kind.make(priorities: 2)
        let event = try Event.user(on: base) { _, _ in }
        for priority in [-1, 2, Int.max] {
            let error = #expect(throws: IOError.self) { try event.setPriority(priority) }
            #expect(error?.code == .outOfRange)
        }
        try event.activate()
        let error = #expect(throws: IOError.self) { try event.setPriority(0) }
        #expect(error?.code == .busy)
        event.close()
    }
}

private func reuseNumbersInACallback(of kind: TestBase) throws {
    let base = try kind.make()
    let old = [try SocketBox(), try SocketBox()]
    var fresh: [SocketBox] = []
    var events: [Event] = []
    var wrong = 0
    var calls = 0
    func reuse() throws {
        let numbers = events.compactMap(\.fileDescriptor)
        events.forEach { $0.close() }
        fresh = [try SocketBox(), try SocketBox()]
        for box in fresh {
            let event = try base.watch(box.takeFirst(), for: .readable) { _, _ in wrong += 1 }
            events.append(event)
        }
        #expect(events.compactMap(\.fileDescriptor).contains { numbers.contains($0) }, "no number was reused")
    }
    for box in old {
        let event = try base.watch(box.takeFirst(), for: .readable) { _, _ in
            calls += 1
            #expect(throws: Never.self) { try reuse() }
        }
        events.append(event)
        try box.second.send("x")
    }
    try base.runWithoutWaiting()
    #expect(calls == 1)
    #expect(wrong == 0)
    events.forEach { $0.close() }
}
