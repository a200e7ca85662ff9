import Multiplexing
import Readiness
import Sockets
import Testing

@Suite("Triggers", .timeLimit(.minutes(1)))
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

    @Test("report as they promise", arguments: Trigger.allCases)
    func counts(_ trigger: Trigger) throws {
        let pair = try Socket.pair()
        let epoll = try Epoll()
        try epoll.add(pair.first, for: .readable, trigger: trigger, token: 7)
        var counts: [Int] = []
        func look() throws {
            let events = try readyNow(epoll)
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
        try epoll.rearm(pair.first)
        try look()
        #expect(try pair.first.readText() == "c")
        try look()
        #expect(counts == Self.expected(trigger))
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

    @Test("a one-shot event disarms everything that was asked for", arguments: [Trigger.levelOneShot, .edgeOneShot])
    func oneShotDisarmsAll(_ trigger: Trigger) throws {
        let pair = try Socket.pair()
        let epoll = try Epoll()
        try epoll.add(pair.first, for: [.readable, .writable], trigger: trigger, token: 0)
        #expect(try readyNow(epoll).map(\.events) == [.writable])
        try pair.second.write("x")
        #expect(try readyNow(epoll).isEmpty)
        try epoll.rearm(pair.first, for: .readable)
        #expect(try readyNow(epoll).map(\.events) == [.readable])
    }

    @Test("a modification reports anew what is there", arguments: Trigger.allCases)
    func modification(_ trigger: Trigger) throws {
        let pair = try Socket.pair()
        let epoll = try Epoll()
        try epoll.add(pair.first, for: .readable, trigger: trigger, token: 1)
        try pair.second.write("x")
        #expect(try readyNow(epoll).count == 1)
        try epoll.modify(pair.first, for: [.readable, .writable], trigger: trigger, token: 2)
        #expect(try readyNow(epoll) == [EventBatch.Event(token: 2, events: [.readable, .writable])])
    }

    @Test("a connection can change from one trigger to another")
    func changeOfTrigger() throws {
        let pair = try Socket.pair()
        let epoll = try Epoll()
        try epoll.add(pair.first, for: .readable, trigger: .edge, token: 1)
        try pair.second.write("x")
        try epoll.modify(pair.first, for: .readable, trigger: .level, token: 1)
        for _ in 0..<3 { #expect(try readyNow(epoll).count == 1) }
        try epoll.modify(pair.first, for: .readable, trigger: .edgeOneShot, token: 1)
        #expect(try readyNow(epoll).count == 1)
        #expect(try readyNow(epoll).isEmpty)
    }

    @Test("a burst of connects on an edge-triggered listener loses none")
    func burstOfConnects() throws {
        let listener = try Socket.listening(on: .loopback(port: 0))
        let address = try listener.localAddress()
        let epoll = try Epoll()
        try epoll.add(listener, for: .readable, trigger: .edge, token: 0)
        var table = TokenTable<Socket>()
        for _ in 0..<100 { _ = table.insert(try Socket.connecting(to: address).intoSocket()) }
        var accepted = 0
        let deadline = MonotonicInstant.now.advanced(by: patience)
        var batch = try EventBatch(capacity: 4)
        while accepted < 100, .now < deadline {
            try epoll.wait(into: &batch, until: deadline)
            while batch.next() != nil {
                while try listener.accept() != nil { accepted += 1 }
            }
        }
        #expect(accepted == 100)
    }

    @Test("capabilities name what epoll does")
    func capabilities() throws {
        let epoll = try Epoll()
        #expect(Trigger.allCases.allSatisfy(epoll.capabilities.supports))
        #expect(!epoll.capabilities.contains(.anyFile))
    }
}
