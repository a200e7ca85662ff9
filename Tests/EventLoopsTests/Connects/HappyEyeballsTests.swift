import EventLoops
import Glibc
import Sockets
import Testing

/// Names with several addresses. The limits are so long that a test which waits for one of them does not end in its own.
@Suite(.serialized, .onTestThread, .timeLimit(.minutes(5)))
struct HappyEyeballsTests {
    private static let long = Duration.seconds(3600)

    /// A server on 127.0.0.1, with a port that is free on `::1` and on 127.0.0.2 too.
    private func withTwoHosts(
        _ kind: EngineKind,
        _ body: (EventLoop, UInt16, BlackHole) async throws -> Void,
        holeAt other: (UInt16) -> SocketAddress = { .loopbackIPv6(port: $0) }
    ) async throws {
        let loop = try EventLoop(engine: kind.engine)
        var hole: BlackHole?
        while hole == nil {
            let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
            let port = try #require(server.address.port)
            hole = try? BlackHole(at: other(port))
            guard let hole else { continue }
            let running = start { try await server.run(echo) }
            try await body(loop, port, hole)
            server.shutDown(within: .zero)
            try await running.value
        }
        await loop.shutDown()
    }

    @Test(
        "localhost with a ::1 that does not answer: 127.0.0.1 is used long before the time is over",
        .bug(id: "silent-first-address"),
        arguments: EngineKind.allCases
    )
    func localhost(_ kind: EngineKind) async throws {
        try await withTwoHosts(kind) { loop, port, hole in
            let connects = RecordedConnects()
            let seam = connects.seam()
            let peer = try await TCPConnection.connect(
                toHost: "localhost",
                port: port,
                on: loop,
                within: Self.long,
                using: seam
            ) {
                try await $0.write("x")
                #expect(try await $0.read()?.text == "x")
                // The attempt that did not answer is closed.
                #expect(connects.open == 1)
                return $0.peer
            }
            #expect(peer == .loopback(port: port))
            #expect(connects.addresses.all == [hole.address, .loopback(port: port)])
        }
    }

    @Test(
        "a silent first address of either family does not use up the time of the second",
        .bug(id: "silent-first-address"),
        arguments: [EngineKind.native, .libevent],
        [true, false]
    )
    func silentFirst(_ kind: EngineKind, _ isOtherFamily: Bool) async throws {
        let other: (UInt16) -> SocketAddress = {
            isOtherFamily ? .loopbackIPv6(port: $0) : .ipv4(127, 0, 0, 2, port: $0)
        }
        try await withTwoHosts(
            kind,
            { loop, port, hole in
                let connects = RecordedConnects()
                let seam = connects.seam([hole.address, .loopback(port: port)])
                let peer = try await TCPConnection.connect(
                    toHost: "two.test",
                    port: port,
                    on: loop,
                    within: Self.long,
                    attemptDelay: .milliseconds(10),
                    using: seam
                ) { $0.peer }
                #expect(peer == .loopback(port: port))
                #expect(connects.addresses.all.count == 2)
            },
            holeAt: other
        )
    }

    @Test(
        "a refused first address is followed by the next at once",
        .bug(id: "silent-first-address"),
        arguments: EngineKind.allCases
    )
    func refusedFirst(_ kind: EngineKind) async throws {
        try await withServer(kind, echo) { server in
            let port = try #require(server.address.port)
            let connects = RecordedConnects()
            let seam = connects.seam([.ipv4(127, 0, 0, 2, port: 0), .loopback(port: 0)])
            let peer = try await TCPConnection.connect(
                toHost: "two.test",
                port: port,
                within: Self.long,
                attemptDelay: Self.long / 2,
                using: seam
            ) { $0.peer }
            #expect(peer == server.address)
            #expect(connects.addresses.all.count == 2)
        }
    }

    @Test(
        "when every address fails, the error names each with its reason, and no socket is left",
        .bug(id: "silent-first-address"),
        arguments: [EngineKind.native, .libevent]
    )
    func allFail(_ kind: EngineKind) async throws {
        try await withTwoHosts(kind) { loop, port, hole in
            let connects = RecordedConnects()
            // 127.0.0.2 refuses, 255.255.255.255 cannot be reached.
            let seam = connects.seam([hole.address, .ipv4(127, 0, 0, 2, port: 0), .ipv4(255, 255, 255, 255, port: 0)])
            let error = await #expect(throws: IOError.self) {
                try await TCPConnection.connect(
                    toHost: "three.test",
                    port: port,
                    on: loop,
                    within: .seconds(2),
                    attemptDelay: .milliseconds(1),
                    using: seam
                ) { _ in }
            }
            #expect(error?.code == .timedOut)
            let reasons = [
                "\(hole.address): timed out", "127.0.0.2:\(port): Connection refused",
                "255.255.255.255:\(port): Network is unreachable",
            ]
            #expect(error?.detail == reasons.joined(separator: "; "))
            #expect(connects.open == 0)
        }
    }

    @Test(
        "a connect that is cancelled closes every attempt",
        .bug(id: "cancel-races-success"),
        arguments: EngineKind.allCases
    )
    func cancelled(_ kind: EngineKind) async throws {
        try await withTwoHosts(kind) { loop, port, hole in
            let second = try BlackHole(at: .ipv4(127, 0, 0, 3, port: port))
            let connects = RecordedConnects()
            let seam = connects.seam([hole.address, second.address])
            let task = start {
                try await TCPConnection.connect(
                    toHost: "two.test",
                    port: port,
                    on: loop,
                    within: Self.long,
                    attemptDelay: .zero,
                    using: seam
                ) { _ in }
            }
            try await connects.sockets.wait(for: 2)
            task.cancel()
            await #expect { try await task.value } throws: { ($0 as? IOError)?.code == .cancelled }
            #expect(connects.open == 0)
        }
    }

    @Test(
        "of attempts that succeed together one is used, and the others are closed",
        .bug(id: "cancel-races-success"),
        arguments: EngineKind.allCases
    )
    func together(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let server = try TCPServer(on: .anyIPv4(port: 0), loops: [loop])
        let running = start { try await server.run(echo) }
        let port = try #require(server.address.port)
        for _ in 0..<20 {
            let connects = RecordedConnects()
            let seam = connects.seam((1...4).map { .ipv4(127, 0, 0, $0, port: 0) })
            let text = try await TCPConnection.connect(
                toHost: "four.test",
                port: port,
                on: loop,
                within: Self.long,
                attemptDelay: .zero,
                using: seam
            ) { connection in
                #expect(connects.open == 1)
                try await connection.write("x")
                return try await connection.read()?.text
            }
            #expect(text == "x")
        }
        server.shutDown(within: .zero)
        try await running.value
        await loop.shutDown()
    }
}
