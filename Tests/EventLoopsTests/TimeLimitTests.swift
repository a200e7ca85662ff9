import EventLoops
import Sockets
import Testing

/// Limits of every length: those without end, and those that are over before they begin.
@Suite(.serialized, .onTestThread, .timeLimit(.minutes(5)))
struct TimeLimitTests {
    private static let longest: [Duration] = [
        .seconds(Int64.max), .seconds(Int64.max / 10),
        Duration(secondsComponent: .max, attosecondsComponent: 999_999_999_999_999_999), .nanoseconds(Int64.max),
        .milliseconds((1 << 31) - 1), .milliseconds(1 << 31), .milliseconds((1 << 31) + 1),
    ]
    private static let over: [Duration] = [
        .zero, .nanoseconds(-1), .seconds(-3), .nanoseconds(Int64.min), .seconds(Int64.min),
    ]

    @Test(
        "a limit longer than any clock can count never expires",
        .bug(id: "longest-duration"),
        arguments: EngineKind.allCases
    )
    func longest(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        for limit in Self.longest {
            var options = ServerOptions()
            (options.stream.idle, options.stream.read, options.stream.write) = (limit, limit, limit)
            options.stream.linger = limit
            let server = try TCPServer(on: .loopback(port: 0), loops: [loop], options: options)
            let running = start { try await server.run(echo) }
            let ended = Collected<String>()
            let sleeping = start {
                defer { ended.add("sleep") }
                try await loop.sleep(for: limit)
            }
            let ticking = start {
                defer { ended.add("interval") }
                for await _ in loop.interval(every: limit) { Issue.record("a tick, \(limit)") }
            }
            #expect(try await loop.timeout(limit) { 7 } == 7)
            let connecting = { (body: @escaping @Sendable (TCPConnection) async throws -> Void) in
                try await TCPConnection.connect(
                    to: server.address,
                    on: loop,
                    within: limit,
                    options: options.stream,
                    body
                )
            }
            try await connecting { connection in
                for round in 0..<3 {
                    try await connection.write("\(round)")
                    #expect(try await connection.read()?.text == "\(round)")
                    server.shutDown(within: limit)
                    // Time for what fires at once by mistake.
                    try await loop.sleep(for: .milliseconds(1))
                }
            }
            try await running.value
            #expect(ended.all.isEmpty, "\(limit)")
            sleeping.cancel()
            ticking.cancel()
            await #expect { try await sleeping.value } throws: { ($0 as? IOError)?.code == .cancelled }
            try await ticking.value
        }
        #expect(try await isIdle(loop))
        await loop.shutDown()
    }

    @Test(
        "a limit of zero or less is over at once, on every engine",
        .bug(id: "limit-already-over"),
        arguments: EngineKind.allCases
    )
    func over(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
        let running = start { try await server.run(echo) }
        let port = try #require(server.address.port)
        let connects = RecordedConnects()
        for limit in Self.over {
            try await loop.sleep(for: limit)
            await #expect { try await loop.timeout(limit) { Issue.record("began, \(limit)") } } throws: {
                ($0 as? IOError)?.code == .timedOut
            }
            for await tick in loop.interval(every: limit) where tick > 2 { break }
            let seam = connects.seam([.loopback(port: port)])
            await #expect {
                try await TCPConnection.connect(to: server.address, on: loop, within: limit, using: seam) { _ in }
            } throws: {
                ($0 as? IOError)?.code == .timedOut
            }
            for host in ["127.0.0.1", "localhost", "name.test"] {
                await #expect {
                    try await TCPConnection.connect(toHost: host, port: port, on: loop, within: limit, using: seam) {
                        _ in
                    }
                } throws: {
                    ($0 as? IOError)?.code == .timedOut
                }
            }
            try await Self.useUp(limit, of: server.address, on: loop)
        }
        #expect(connects.addresses.all.isEmpty)
        server.shutDown(within: .zero)
        try await running.value
        await loop.shutDown()
    }

    private static func useUp(_ limit: Duration, of address: SocketAddress, on loop: EventLoop) async throws {
        var options = StreamOptions()
        (options.read, options.write, options.linger) = (limit, limit, limit)
        try await TCPConnection.connect(to: address, on: loop, options: options) { connection in
            await #expect { _ = try await connection.read() } throws: { ($0 as? IOError)?.code == .timedOut }
            // A write that does not have to wait needs no time.
            try await connection.write("x")
        }
        options = StreamOptions()
        options.idle = limit
        await #expect {
            try await TCPConnection.connect(to: address, on: loop, options: options) { _ = try await $0.read() }
        } throws: {
            ($0 as? IOError)?.code == .timedOut
        }
    }

    @Test(
        "a shutdown with a limit of zero closes the open connections at once",
        .bug(id: "limit-already-over"),
        arguments: [EngineKind.native, .libevent]
    )
    func shutDown(_ kind: EngineKind) async throws {
        for limit in Self.over {
            let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
            let running = start { try await server.run(echo) }
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("x")
            #expect(try await peer.receiveText(1) == "x")
            server.shutDown(within: limit)
            try await running.value
            #expect(try await peer.receiveUntilEnd().isEmpty)
        }
    }
}
