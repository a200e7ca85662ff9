import Libevent
import Readiness
import Sockets
import Testing

/// Handlers that are set on a stream that is over.
@Suite struct LateHandlerTests {
    private final class Captured {}

    @Test("An end that came before its handler is reported when the handler is set", .bug(id: "handler-set-after-end"))
    func endBeforeHandler() throws {
        let base = try EventBase()
        let stream = try endedStream(on: base)
        var reasons: [StreamEnd] = []
        stream.onEnd { _, reason in reasons.append(reason) }
        stream.onEnd { _, reason in reasons.append(reason) }
        guard case .endOfStream = try #require(reasons.first) else { throw IOError("test", .system) }
        #expect(reasons.count == 1)
    }

    /// Without a handler for its end, the stream closes when the peer does.
    private func endedStream(on base: EventBase) throws -> BufferEvent {
        let pair = try Socket.pair()
        let stream = try pair.split { first, _ in try BufferEvent(adopting: first, on: base) }
        try stream.enable(.readable)
        try base.run(.untilIdle)
        return stream
    }

    @Test("A stream that the program has closed keeps no handler", .bug(id: "handler-set-after-end"))
    func handlersAfterClose() throws {
        let base = try EventBase()
        let stream = try endedStream(on: base)
        stream.abort()
        weak var weakly: Captured?
        do {
            let captured = Captured()
            weakly = captured
            stream.onRead { _ in withExtendedLifetime(captured) {} }
            stream.onDrain { _ in withExtendedLifetime(captured) {} }
            stream.onConnect { _ in withExtendedLifetime(captured) {} }
            stream.onEnd { _, _ in withExtendedLifetime(captured) {} }
        }
        #expect(weakly == nil)
    }
}
