import CLinux
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// What each multiplexer reports in each state of a descriptor, beside poll(2), which is asked at the same moment.
@Suite("Readiness states")
struct ReadinessStateTests {
    private static let everything: Interest = [.readable, .writable, .priority, .peerClosed]

    @Test("are reported as the table says", arguments: ReadinessState.all)
    func table(_ state: ReadinessState) throws {
        let subject = try state.make()
        for kind in MultiplexerKind.allCases {
            guard !state.neverBlocks || kind != .epoll else {
                try expectRefusal(of: subject.watched)
                continue
            }
            for trigger in kind.triggers {
                try expect(state, on: subject.watched, kind, kind.everyInterest, trigger)
            }
        }
    }

    @Test("are reported as far as they were asked for, errors and hang-ups unasked", arguments: ReadinessState.all)
    func partialInterest(_ state: ReadinessState) throws {
        let subject = try state.make()
        for kind in MultiplexerKind.allCases where !state.neverBlocks || kind != .epoll {
            for bits: UInt16 in 0..<16 {
                let interest = Interest(rawValue: bits & 7 | (bits & 8) << 10)
                guard interest.isSubset(of: kind.everyInterest) else { continue }
                try expect(state, on: subject.watched, kind, interest, .level)
            }
        }
    }

    private func expectRefusal(of holder: borrowing Descriptor) throws {
        let epoll = try Epoll()
        let error = failure { () throws(IOError) in try epoll.add(holder, for: .readable, token: 0) }
        #expect(error?.code == .notPollable)
    }

    /// Asks while poll(2) agrees with the table before and after, for the loopback needs a moment.
    private func expect(
        _ state: ReadinessState,
        on holder: borrowing Descriptor,
        _ kind: MultiplexerKind,
        _ interest: Interest,
        _ trigger: Trigger
    ) throws {
        let expected = state.reported(by: kind, for: interest)
        let deadline = ContinuousClock.now + patience
        var polled = (before: ReadyEvents(), after: ReadyEvents())
        var events: [EventBatch.Event] = []
        repeat {
            polled.before = polledNow(holder)
            var multiplexer = try kind.make()
            try multiplexer.add(holder, for: interest, trigger: trigger, token: 1)
            events = try multiplexer.readyNow()
            polled.after = polledNow(holder)
        } while polled != (state.byPoll, state.byPoll) && ContinuousClock.now < deadline
        #expect(polled == (state.byPoll, state.byPoll), "poll(2)")
        #expect(
            events == (expected.isEmpty ? [] : [EventBatch.Event(token: 1, events: expected)]),
            "\(kind), \(trigger), asked for \(ReadyEvents(interest))"
        )
    }

    private func polledNow(_ holder: borrowing Descriptor) -> ReadyEvents {
        let asked = CShort(truncatingIfNeeded: Int(Self.everything.rawValue))
        return ReadyEvents(rawValue: UInt16(truncatingIfNeeded: clinux_poll_now(holder.fileDescriptor.rawValue, asked)))
    }

    @Test("go over into each other under one registration", arguments: MultiplexerKind.allCases)
    func course(_ kind: MultiplexerKind) throws {
        let pair = try makeTCPPair()
        var multiplexer = try kind.make()
        try multiplexer.add(pair.first, for: kind.everyInterest, trigger: .level, token: 1)
        func expect(_ expected: ReadyEvents, sourceLocation: SourceLocation = #_sourceLocation) throws {
            let expected = kind == .select ? expected.intersection([.readable, .writable, .priority]) : expected
            let deadline = ContinuousClock.now + patience
            var events: ReadyEvents? = nil
            while events != expected, ContinuousClock.now < deadline {
                events = try multiplexer.nextEvents().first?.events
            }
            #expect(events == expected, sourceLocation: sourceLocation)
        }
        try expect(.writable)
        try pair.second.write("x")
        try expect([.readable, .writable])
        #expect(try pair.second.sendOutOfBand(0x21) == .bytes(1))
        try expect([.readable, .writable, .priority])
        #expect(try pair.first.receiveOutOfBand() == 0x21)
        try expect([.readable, .writable])
        #expect(try pair.first.readText() == "x")
        try expect(.writable)
        try pair.second.shutDown(.writing)
        try expect([.readable, .writable, .peerClosed])
        try pair.first.shutDown(.both)
        try expect([.readable, .writable, .peerClosed, .hangUp])
    }

    @Test(
        "with nothing asked for, a hang-up is reported once and then ends no wait",
        arguments: MultiplexerMode.all.filter { $0.kind != .select }
    )
    func emptyInterest(_ mode: MultiplexerMode) throws {
        var multiplexer = try mode.kind.make()
        try Socket.pair().split { (first, second) throws in
            try multiplexer.add(first, for: [], trigger: mode.trigger, token: 3)
            #expect(try multiplexer.readyNow().isEmpty)
            // A close might do nothing yet: a child that another test is starting may have a copy.
            try second.shutDown(.both)
            #expect(try multiplexer.readyNow() == [EventBatch.Event(token: 3, events: .hangUp)])
            #expect(try multiplexer.readyNow().isEmpty)
        }
    }

    @Test("with nothing asked for, select cannot report anything")
    func emptyInterestOfSelect() throws {
        var select = try Select()
        try Socket.pair().split { (first, second) throws in
            try select.add(first, for: [], token: 3)
            try second.shutDown(.both)
            #expect(try select.readyNow().isEmpty)
            try select.rearm(first, for: .readable)
            #expect(try select.readyNow() == [EventBatch.Event(token: 3, events: .readable)])
        }
    }

    @Test("an epoll instance is readable while events wait in it", arguments: MultiplexerKind.allCases)
    func nested(_ kind: MultiplexerKind) throws {
        let inner = try Epoll()
        var outer = try kind.make()
        try outer.add(inner, for: .readable, token: 5)
        #expect(try outer.readyNow().isEmpty)
        let event = try makeEventDescriptor(1)
        try inner.add(event, for: .readable, token: 0)
        #expect(try outer.readyNow() == [EventBatch.Event(token: 5, events: .readable)])
        try inner.remove(event)
        #expect(try outer.readyNow().isEmpty)
    }
}
