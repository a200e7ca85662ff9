import Multiplexing
import Readiness
import Sockets
import Testing

@Suite("Triggers")
struct TriggerTests {
    /// How many events each of six looks brings: at one byte and once more, after another byte, after a partial read,
    /// after a rearm, and with nothing left to read.
    private static func expected(_ trigger: Trigger) -> [Int] {
        switch trigger {
        case .level: [1, 1, 1, 1, 1, 0]
        case .edge: [1, 0, 1, 0, 1, 0]
        case .levelOneShot, .edgeOneShot: [1, 0, 0, 0, 1, 0]
        }
    }

    @Test("report as they promise", arguments: MultiplexerMode.all)
    func counts(_ mode: MultiplexerMode) throws {
        let pair = try Socket.pair()
        var multiplexer = try mode.kind.make()
        try multiplexer.add(pair.first, for: .readable, trigger: mode.trigger, token: 7)
        var counts: [Int] = []
        func look() throws {
            let events = try multiplexer.readyNow()
            #expect(events.allSatisfy { $0 == EventBatch.Event(token: 7, events: .readable) })
            counts.append(events.count)
        }
        try pair.second.write("a")
        try look()
        try look()
        try pair.second.write("bc")
        try look()
        #expect(try pair.first.readText(2) == "ab")
        try look()
        try multiplexer.rearm(pair.first)
        try look()
        #expect(try pair.first.readText() == "c")
        try look()
        #expect(counts == Self.expected(mode.trigger))
    }

    @Test("each undrained write is an edge", arguments: ["unix", "tcp"])
    func everyArrivalIsAnEdge(_ kind: String) throws {
        let pair = try kind == "tcp" ? makeTCPPair() : Socket.pair()
        let epoll = try Epoll()
        try epoll.add(pair.first, for: .readable, trigger: .edge, token: 0)
        for _ in 0..<3 {
            try pair.second.write("x")
            #expect(try nextEvents(epoll).count == 1)
            #expect(try readyNow(epoll).isEmpty)
        }
    }

    @Test("a modification reports anew what is there", arguments: MultiplexerMode.all)
    func modification(_ mode: MultiplexerMode) throws {
        let pair = try Socket.pair()
        var multiplexer = try mode.kind.make()
        try multiplexer.add(pair.first, for: .readable, trigger: mode.trigger, token: 1)
        try pair.second.write("x")
        #expect(try multiplexer.readyNow().count == 1)
        try multiplexer.modify(pair.first, for: [.readable, .writable], trigger: mode.trigger, token: 2)
        #expect(try multiplexer.readyNow() == [EventBatch.Event(token: 2, events: [.readable, .writable])])
    }

    @Test("a rearm keeps the trigger and the token, whatever it asks for", arguments: MultiplexerMode.all)
    func rearming(_ mode: MultiplexerMode) throws {
        let pair = try Socket.pair()
        var multiplexer = try mode.kind.make()
        try multiplexer.add(pair.first, for: .readable, trigger: mode.trigger, token: 4)
        try multiplexer.rearm(pair.first, for: .writable)
        let event = EventBatch.Event(token: 4, events: .writable)
        #expect(try multiplexer.readyNow() == [event])
        #expect(try multiplexer.readyNow() == (mode.trigger == .level ? [event] : []))
        try pair.second.write("x")
        try multiplexer.rearm(pair.first, for: [])
        #expect(try multiplexer.readyNow().isEmpty)
        try multiplexer.rearm(pair.first, for: .readable)
        #expect(try multiplexer.readyNow() == [EventBatch.Event(token: 4, events: .readable)])
    }

    @Test("a connection can change from one trigger to another", arguments: MultiplexerKind.allCases)
    func changeOfTrigger(_ kind: MultiplexerKind) throws {
        let pair = try Socket.pair()
        try pair.second.write("x")
        var multiplexer = try kind.make()
        try multiplexer.add(pair.first, for: .readable, trigger: .levelOneShot, token: 1)
        for trigger in kind.triggers + kind.triggers.reversed() {
            try multiplexer.modify(pair.first, for: .readable, trigger: trigger, token: 1)
            for look in 0..<3 {
                let count = look == 0 || trigger == .level ? 1 : 0
                #expect(try multiplexer.readyNow().count == count, "\(trigger)")
            }
        }
    }

    @Test(
        "fault 5: a burst of connects on a listener loses none",
        .bug(id: "burst-of-connects"),
        arguments: MultiplexerMode.all
    )
    func burstOfConnects(_ mode: MultiplexerMode) throws {
        let listener = try Socket.listening(on: .loopback(port: 0))
        let address = try listener.localAddress()
        var multiplexer = try mode.kind.make()
        try multiplexer.add(listener, for: .readable, trigger: mode.trigger, token: 0)
        var table = TokenTable<Socket>()
        for _ in 0..<100 { _ = table.insert(try Socket.connecting(to: address).intoSocket()) }
        var accepted = 0
        let deadline = MonotonicInstant.now.advanced(by: patience)
        var batch = try EventBatch(capacity: 4)
        while accepted < 100, .now < deadline {
            try multiplexer.wait(into: &batch, until: deadline)
            while batch.next() != nil {
                while try listener.accept() != nil { accepted += 1 }
                if mode.trigger.isOneShot { try multiplexer.rearm(listener) }
            }
        }
        #expect(accepted == 100)
    }
}
