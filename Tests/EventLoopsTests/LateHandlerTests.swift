import EventLoops
import Sockets
import Testing

/// Handlers that are set when what they wait for has happened.
@Suite(.serialized, .onTestThread)
struct LateHandlerTests {
    private final class Captured: Sendable {}

    private enum Ending: CaseIterable {
        case abort, close, failure
    }

    @Test(
        "onEnd calls its closure at once on a connection that is over, and does not keep it",
        .bug(id: "handler-set-after-end"),
        arguments: EngineKind.allCases
    )
    func afterEnd(_ kind: EngineKind) async throws {
        for ending in Ending.allCases {
            let (codes, connections) = (Collected<IOError.Code?>(), Collected<ChunkConnection>())
            weak var captured: Captured?
            try await withServer(
                kind,
                eachConnection: { connection in
                    connections.add(connection)
                    switch ending {
                    case .abort: connection.abort()
                    case .close: connection.close()
                    // What a write does to which the peer has answered with a reset.
                    case .failure: _ = try? connection.set(.sendBuffer, to: 4096)
                    }
                    return { _ in throw IOError("test", .system) }
                }
            ) { server in
                let peer = try await Peer.connect(to: server.address)
                if ending == .failure { try await peer.send("x") }
                _ = try? await peer.receiveUntilEnd()
                let connection = try #require(try await connections.wait().first)
                let object = Captured()
                captured = object
                try await onLoop(connection.loop) { [object] in
                    connection.onEnd { error in
                        codes.add(error?.code)
                        withExtendedLifetime(object) {}
                    }
                }
            }
            #expect(codes.all == [ending == .failure ? .system : nil])
            // The connection is still there, and the closure is not.
            #expect(captured == nil)
            #expect(connections.all.count == 1)
        }
    }
}

private func onLoop(_ loop: EventLoop, _ body: @escaping @Sendable () throws -> Void) async throws {
    try await Task(executorPreference: loop) { try body() }.value
}
