import Multiplexing
import Readiness
import Sockets
import Testing

@Suite("One-shot events")
struct OneShotTests {
    @Test("disarm everything that was asked for", arguments: MultiplexerMode.oneShot)
    func disarmAll(_ mode: MultiplexerMode) throws {
        let pair = try Socket.pair()
        var multiplexer = try mode.kind.make()
        try multiplexer.add(pair.first, for: [.readable, .writable], trigger: mode.trigger, token: 0)
        #expect(try multiplexer.readyNow().map(\.events) == [.writable])
        try pair.second.write("x")
        #expect(try multiplexer.readyNow().isEmpty)
        try multiplexer.rearm(pair.first, for: .readable)
        #expect(try multiplexer.readyNow().map(\.events) == [.readable])
    }

    @Test("not even errors and hang-ups come before the rearm", arguments: MultiplexerMode.oneShot)
    func hangUp(_ mode: MultiplexerMode) throws {
        var multiplexer = try mode.kind.make()
        try Socket.pair().split { (first, second) throws in
            try multiplexer.add(first, for: .readable, trigger: mode.trigger, token: 0)
            try second.write("x")
            #expect(try multiplexer.readyNow().count == 1)
            // A close might do nothing yet: a child that another test is starting may have a copy.
            try second.shutDown(.both)
            #expect(try multiplexer.readyNow().isEmpty)
            try multiplexer.rearm(first)
            let expected: ReadyEvents = mode.kind == .select ? .readable : [.readable, .hangUp]
            #expect(try multiplexer.readyNow().map(\.events) == [expected])
        }
    }

    @Test("a registration stands although it is disarmed", arguments: MultiplexerMode.oneShot)
    func disarmedIsRegistered(_ mode: MultiplexerMode) throws {
        let event = try makeEventDescriptor(1)
        var multiplexer = try mode.kind.make()
        try multiplexer.add(event, for: .readable, trigger: mode.trigger, token: 0)
        #expect(try multiplexer.readyNow().count == 1)
        let error = failure { () throws(IOError) in
            try multiplexer.add(event, for: .readable, trigger: mode.trigger, token: 1)
        }
        #expect(error?.code == .alreadyRegistered)
        #expect(try multiplexer.readyNow().isEmpty)
        try multiplexer.remove(event)
        try multiplexer.add(event, for: .readable, trigger: mode.trigger, token: 2)
        #expect(try multiplexer.readyNow().map(\.token) == [2])
    }

    @Test(
        "fault 31: what a worker left behind without a rearm is quiet, and comes again when another rearms it",
        arguments: MultiplexerMode.oneShot
    )
    func workerDies(_ mode: MultiplexerMode) throws {
        struct Crash: Error {}
        let pair = try Socket.pair()
        let bystander = try makeEventDescriptor(1)
        var multiplexer = try mode.kind.make()
        try multiplexer.add(pair.first, for: .readable, trigger: mode.trigger, token: 1)
        try pair.second.write("ab")
        #expect(throws: Crash.self) {
            let events = try multiplexer.nextEvents()
            #expect(events.map(\.token) == [1])
            #expect(try pair.first.readText(1) == "a")
            throw Crash()
        }
        // Neither what is left nor what comes on top is heard of; others are.
        try pair.second.write("c")
        try multiplexer.add(bystander, for: .readable, trigger: .level, token: 2)
        #expect(try multiplexer.readyNow().map(\.token) == [2])
        try multiplexer.rearm(pair.first)
        #expect(try Set(multiplexer.readyNow().map(\.token)) == [1, 2])
        #expect(try pair.first.readText() == "bc")
    }
}
