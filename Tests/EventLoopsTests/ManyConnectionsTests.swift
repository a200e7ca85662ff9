import CLinux
import EventLoops
import Glibc
import Sockets
import Testing

/// A process of its own for each case: it needs nearly all descriptors.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ManyConnectionsTests {
    @Test(
        "a connection costs the same however many others are open",
        .bug(id: "close-costs-grow"),
        arguments: [EngineKind.native, .libevent]
    )
    func constantCost(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(290)
            let limit = clinux_raise_descriptor_limit()
            try #require(limit >= 10_000, "needs 10,000 descriptors")
            let loop = try EventLoop(engine: kind.engine)
            let server = try TCPServer(on: .unnamedUnix, loops: [loop])
            let running = start { try await server.run(echo) }
            let few = try await leastTime(server, loop)
            var open: [Peer] = []
            for _ in 0..<Int(min(limit, 18_000) - 1000) / 2 { open.append(try await connected(server)) }
            let many = try await leastTime(server, loop)
            // Removing one of that many child tasks from a group took several times as long as all else.
            try #require(many < few * 2.5, "\(few) beside none, \(many) beside \(open.count)")
            server.shutDown(within: .zero)
            _ = await running.result
        }
    }
}

private func connected(_ server: TCPServer) async throws -> Peer {
    let peer = try await Peer.connect(to: server.address)
    try await peer.send("x")
    try #require(try await peer.receiveText(1) == "x")
    return peer
}

/// The least CPU time of the loop's thread for 500 short connections, of five times.
private func leastTime(_ server: TCPServer, _ loop: EventLoop) async throws -> Duration {
    var least = Duration.seconds(1000)
    for _ in 0..<5 {
        let before = try await Task(executorPreference: loop) { try threadTime() }.value
        for _ in 0..<500 {
            let peer = try await connected(server)
            try peer.finishWriting()
            try #require(try await peer.receiveUntilEnd().isEmpty)
        }
        least = min(least, try await Task(executorPreference: loop) { try threadTime() }.value - before)
    }
    return least
}
