import EventLoops
import Sockets
import Testing

/// Which peers count as idle.
@Suite(.serialized, .onTestThread)
struct IdlePeerTests {
    enum API: CaseIterable {
        case tasks, chunks
    }

    private static let idle = Duration.milliseconds(400)
    private static let size = 4_000_000

    @Test(
        "a peer that reads slowly is not idle",
        .bug(id: "slow-reader-idle"),
        arguments: [EngineKind.native, .libevent],
        API.allCases
    )
    func slowReader(_ kind: EngineKind, _ api: API) async throws {
        try await Self.serve(kind, api, idle: Self.idle) { server in
            // On a busy machine a read may come so late that the peer is idle. It must succeed once.
            for _ in 0..<20 where try await readsInTime(server) { return }
            Issue.record("the connection of a peer that reads 64 KiB each 100 ms was closed each time")
        }
    }

    /// Reads 64 KiB each 100 ms, for longer than the limit and than the kernel takes to report room for more.
    ///
    /// - Returns: whether every read came in time and all bytes arrived.
    private func readsInTime(_ server: TCPServer) async throws -> Bool {
        let peer = try await Peer.connect(to: server.address)
        try peer.set(.receiveBuffer, to: 131_072)
        try await peer.send("x")
        guard var count = try? await peer.receive(exactly: 65_536).count else { return false }
        let clock = ContinuousClock()
        for _ in 0..<15 {
            let start = clock.now
            try await clock.sleep(for: .milliseconds(100))
            guard let more = try? await peer.receive(exactly: 65_536).count, clock.now - start < Self.idle / 2
            else { return false }
            count += more
        }
        let rest = try? await peer.receive(exactly: Self.size - count)
        return rest?.count == Self.size - count
    }

    @Test(
        "a peer that takes nothing is idle",
        .bug(id: "slow-reader-idle"),
        arguments: EngineKind.allCases,
        API.allCases
    )
    func noReader(_ kind: EngineKind, _ api: API) async throws {
        let codes = Collected<IOError>()
        try await Self.serve(kind, api, idle: .milliseconds(50), codes) { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("x")
            let error = try #require(try await codes.wait().first)
            #expect(error.code == .timedOut)
            withExtendedLifetime(peer) {}
        }
    }

    private static func serve(
        _ kind: EngineKind,
        _ api: API,
        idle: Duration,
        _ errors: Collected<IOError> = Collected(),
        _ body: (TCPServer) async throws -> Void
    ) async throws {
        var options = ServerOptions()
        options.stream.idle = idle
        options.onError = { if let error = $0 as? IOError { errors.add(error) } }
        let bytes = [UInt8](repeating: 7, count: size)
        switch api {
        case .tasks:
            try await withServer(kind, options: options) { connection in
                guard try await connection.read() != nil else { return }
                try connection.set(.sendBuffer, to: 1_048_576)
                try await connection.write(bytes)
                while try await connection.read() != nil {}
            } body: { server in
                try await body(server)
                server.shutDown(within: .zero)
            }
        case .chunks:
            try await withServer(
                kind,
                options: options,
                eachConnection: { connection in
                    connection.onEnd { if let error = $0 { errors.add(error) } }
                    return { _ in
                        try connection.set(.sendBuffer, to: 1_048_576)
                        try connection.write(bytes.span)
                    }
                },
                body: { server in
                    try await body(server)
                    server.shutDown(within: .zero)
                }
            )
        }
    }
}
