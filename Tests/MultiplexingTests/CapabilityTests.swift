import Multiplexing
import Readiness
import Sockets
import Testing

@Suite("Capabilities")
struct CapabilityTests {
    private static func expected(_ kind: MultiplexerKind) -> Capabilities {
        switch kind {
        case .select: [.priority, .anyFile, .anyNumber]
        case .poll: [.priority, .peerClosed, .failure, .hangUp, .anyFile, .anyNumber]
        case .epoll: [.edgeTriggered, .priority, .peerClosed, .failure, .hangUp, .constantTime, .anyNumber]
        }
    }

    @Test("are stated", arguments: MultiplexerKind.allCases)
    func stated(_ kind: MultiplexerKind) throws {
        let multiplexer = try kind.make()
        #expect(multiplexer.capabilities == Self.expected(kind))
        #expect(Trigger.allCases.filter(multiplexer.capabilities.supports) == kind.triggers)
    }

    @Test("that are lacking are errors, and what stands is undisturbed", arguments: MultiplexerKind.allCases)
    func lacking(_ kind: MultiplexerKind) throws {
        let event = try makeEventDescriptor(1)
        let other = try makeEventDescriptor(1)
        var multiplexer = try kind.make()
        try multiplexer.add(event, for: .readable, trigger: .level, token: 1)
        for trigger in Trigger.allCases {
            for interest in [Interest.readable, [.readable, .peerClosed]] {
                let isOffered =
                    multiplexer.capabilities.supports(trigger)
                    && (multiplexer.capabilities.contains(.peerClosed) || interest == .readable)
                guard !isOffered else { continue }
                let errors = [
                    failure { () throws(IOError) in
                        try multiplexer.add(other, for: interest, trigger: trigger, token: 2)
                    },
                    failure { () throws(IOError) in
                        try multiplexer.modify(event, for: interest, trigger: trigger, token: 2)
                    },
                ]
                #expect(errors.allSatisfy { $0?.code == .unsupported && $0?.detail.isEmpty == false })
            }
        }
        let isRearmed = failure { () throws(IOError) in try multiplexer.rearm(event, for: .peerClosed) } == nil
        #expect(isRearmed == multiplexer.capabilities.contains(.peerClosed))
        if isRearmed { try multiplexer.rearm(event, for: .readable) }
        for _ in 0..<2 {
            #expect(try multiplexer.readyNow() == [EventBatch.Event(token: 1, events: .readable)])
        }
    }
}
