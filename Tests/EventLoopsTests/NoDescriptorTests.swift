import EventLoops
import FaultTools
import Glibc
import Readiness
import Sockets
import SystemPackage
import Testing

/// A process that has no descriptor left. Each case has a process of its own.
///
/// The thread of the server's loop gets a table of descriptors of its own, and is the only one that uses it: what the
/// peers, the test library and the runtime open and close meanwhile is not seen there.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct NoDescriptorTests {
    @Test(
        "fault 1: without descriptors a task server refuses at once, those that stand go on, and it heals",
        .bug(id: "accept-without-descriptors"),
        arguments: EngineKind.allCases
    )
    func tasks(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            try await NoDescriptorTests.shed(kind) { server in try await server.run(echo) }
        }
    }

    @Test(
        "fault 1: without descriptors a chunk server refuses at once, those that stand go on, and it heals",
        .bug(id: "accept-without-descriptors"),
        arguments: EngineKind.allCases
    )
    func chunks(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            try await NoDescriptorTests.shed(kind) { server in
                try await server.run { connection, chunk in try connection.write(chunk) }
            }
        }
    }

    @Test(
        "fault 1: a server that is to wait for descriptors pauses, keeps no loop busy, and serves who waited",
        .bug(id: "accept-without-descriptors"),
        arguments: EngineKind.allCases
    )
    func pausing(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            try await NoDescriptorTests.pause(kind)
        }
    }

    private static func shed(
        _ kind: EngineKind,
        _ serve: @escaping @Sendable (TCPServer) async throws -> Void
    ) async throws {
        try await withExhaustion(kind, .shed, serve) { server, loop, reports, limit in
            let early = try await Peer.connect(to: server.address)
            try #require(try await early.receiveUntilEnd().isEmpty)
            try await reports.wait()
            try #require(server.refusedConnections == 1 && server.acceptedConnections == 1)
            try #require(try await isIdle(loop))
            limit.end()
            // Once for the turn that refused, and no more.
            return 1
        }
    }

    private static func pause(_ kind: EngineKind) async throws {
        let serve: @Sendable (TCPServer) async throws -> Void = { server in try await server.run(echo) }
        try await withExhaustion(kind, .pause, serve) { server, loop, reports, limit in
            let early = try await Peer.connect(to: server.address)
            // Once for each pause: it tries again, and does not spin.
            try await reports.wait(for: 2)
            try #require(server.refusedConnections == 0 && server.acceptedConnections == 1)
            try #require(try await isIdle(loop))
            limit.end()
            try await early.send("early")
            try #require(try await early.receiveText(5) == "early")
            return nil
        }
    }

    /// Takes all descriptors from the loop of a server that has one connection, which goes on being served.
    ///
    /// - Parameter body: gives them back, and says how many reports there must have been.
    private static func withExhaustion(
        _ kind: EngineKind,
        _ whenExhausted: Acceptor.Exhaustion,
        _ serve: @escaping @Sendable (TCPServer) async throws -> Void,
        _ body: (TCPServer, EventLoop, Collected<any Error>, DescriptorLimit) async throws -> Int?
    ) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let reports = Collected<any Error>()
        var options = ServerOptions()
        options.onError = { reports.add($0) }
        options.whenExhausted = whenExhausted
        let server = try TCPServer(on: .loopback(port: 0), loops: [loop], options: options)
        async let running: Void = serve(server)
        let standing = try await Peer.connect(to: server.address)
        try await standing.send("a")
        try #require(try await standing.receiveText(1) == "a")

        let limit = try await Task(executorPreference: loop) { try takeAllDescriptors() }.value
        try await standing.send("b")
        try #require(try await standing.receiveText(1) == "b")
        let expected = try await body(server, loop, reports, limit)
        try #require(expected == nil || reports.all.count == expected)
        let next = try await Peer.connect(to: server.address)
        try await next.send("c")
        try #require(try await next.receiveText(1) == "c")
        try #require(reports.all.allSatisfy { ($0 as? IOError)?.errno == .tooManyOpenFiles })
        server.shutDown(within: .zero)
        try await running
        await loop.shutDown()
    }

    /// From the calling thread alone: others still have some below the limit.
    private static func takeAllDescriptors() throws -> DescriptorLimit {
        let limit = try DescriptorLimit(lowestAllowed: mostDescriptors)
        while dup(0) >= 0 {}
        return limit
    }

    private static let mostDescriptors: CInt = 200
}
