import EventLoops
import Sockets
import Testing

@Suite(.serialized, .onTestThread)
struct ServingTests {
    @Test("a task a connection: every byte comes back, small and large", arguments: EngineKind.allCases)
    func tasks(_ kind: EngineKind) async throws {
        try await withServer(kind, echo) { server in
            let peer = try await Peer.connect(to: server.address)
            for size in [1, 64, 16_384, 200_000] {
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try await peer.send(bytes)
                #expect(try await peer.receive(exactly: size) == bytes)
            }
            try peer.finishWriting()
            #expect(try await peer.receiveUntilEnd().isEmpty)
        }
    }

    @Test("a chunk handler: every byte comes back, small and large", arguments: EngineKind.allCases)
    func chunks(_ kind: EngineKind) async throws {
        try await withChunkServer(kind) { connection, chunk in
            try connection.write(chunk)
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            for size in [1, 64, 16_384, 200_000] {
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try await peer.send(bytes)
                #expect(try await peer.receive(exactly: size) == bytes)
            }
            try peer.finishWriting()
            #expect(try await peer.receiveUntilEnd().isEmpty)
        }
    }

    @Test("many connections at once, each served in its turn", arguments: [EngineKind.native, .libevent])
    func many(_ kind: EngineKind) async throws {
        try await withServer(kind, echo) { server in
            var peers: [Peer] = []
            for _ in 0..<50 { peers.append(try await Peer.connect(to: server.address)) }
            for (number, peer) in peers.enumerated() { try await peer.send("hello \(number)") }
            for (number, peer) in peers.enumerated().reversed() {
                #expect(try await peer.receiveText("hello \(number)".utf8.count) == "hello \(number)")
            }
            #expect(server.acceptedConnections == 50)
        }
    }

    @Test("a unix socket is served like any other", arguments: EngineKind.allCases)
    func unix(_ kind: EngineKind) async throws {
        try await withServer(kind, on: .unnamedUnix, echo) { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("over a unix socket")
            #expect(try await peer.receiveText(18) == "over a unix socket")
        }
    }

    @Test("each connection has its own handler, with variables of its own", arguments: [EngineKind.native, .libevent])
    func handlerEach(_ kind: EngineKind) async throws {
        let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
        let running = start {
            try await server.run(eachConnection: { connection in
                var count = 0
                return { chunk in
                    count += chunk.count
                    try connection.write("\(count);")
                }
            })
        }
        let (first, second) = (try await Peer.connect(to: server.address), try await Peer.connect(to: server.address))
        try await first.send("abc")
        #expect(try await first.receiveText(2) == "3;")
        try await second.send("a")
        #expect(try await second.receiveText(2) == "1;")
        try await first.send("de")
        #expect(try await first.receiveText(2) == "5;")
        server.shutDown(within: .zero)
        try await running.value
        #expect(try await first.receiveUntilEnd().isEmpty)
    }

    @Test("what was written before the handler returns is delivered", arguments: EngineKind.allCases)
    func lastWords(_ kind: EngineKind) async throws {
        let size = 1_000_000
        try await withServer(kind) { connection in
            try connection.set(.sendBuffer, to: 8192)
            for _ in 0..<20 { try await connection.write([UInt8](repeating: 7, count: size / 20)) }
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            // Input that nobody reads must not make the kernel reset the connection.
            try await peer.send("never read")
            #expect(try await peer.receiveUntilEnd().count == size)
        }
    }

    @Test("cancelling the task that serves closes every connection", arguments: EngineKind.allCases)
    func cancelled(_ kind: EngineKind) async throws {
        let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
        let running = start { try await server.run(echo) }
        let peer = try await Peer.connect(to: server.address)
        try await peer.send("x")
        #expect(try await peer.receiveText(1) == "x")
        running.cancel()
        #expect(try await peer.receiveUntilEnd().isEmpty)
        await #expect { try await running.value } throws: { ($0 as? IOError)?.code == .cancelled }
    }

    @Test("a shut-down waits for the connections, but not for ever", arguments: EngineKind.allCases)
    func shutDown(_ kind: EngineKind) async throws {
        let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
        let running = start { try await server.run(echo) }
        let peer = try await Peer.connect(to: server.address)
        try await peer.send("x")
        #expect(try await peer.receiveText(1) == "x")
        server.shutDown(within: .seconds(3600))
        for text in ["y", "z"] {
            try await peer.send(text)
            #expect(try await peer.receiveText(1) == text)
        }
        // A child that another test has just started may still have the listener.
        let deadline = ContinuousClock.now + .seconds(60)
        await #expect {
            while ContinuousClock.now < deadline { _ = try await Peer.connect(to: server.address) }
        } throws: {
            ($0 as? IOError)?.code == .connectionRefused
        }
        server.shutDown(within: .milliseconds(1))
        try await running.value
        _ = try? await peer.receiveUntilEnd()
    }

    @Test("an error of one connection ends that one only, and is reported", arguments: [EngineKind.native, .libevent])
    func errors(_ kind: EngineKind) async throws {
        let reports = Collected<any Error>()
        var options = ServerOptions()
        options.onError = { reports.add($0) }
        try await withServer(kind, options: options) { connection in
            while let chunk = try await connection.read() {
                if chunk.text == "fail" { throw Failure() }
                try await connection.write(chunk)
            }
        } body: { server in
            let (good, bad) = (try await Peer.connect(to: server.address), try await Peer.connect(to: server.address))
            try await good.send("1")
            #expect(try await good.receiveText(1) == "1")
            try await bad.send("fail")
            #expect(try await bad.receiveUntilEnd().isEmpty)
            try await good.send("2")
            #expect(try await good.receiveText(1) == "2")
        }
        #expect(reports.all.count == 1)
        #expect(reports.all.first is Failure)
    }

    private struct Failure: Error {}
}
