import EventLoops
import Sockets
import Testing

@Suite(.serialized, .onTestThread)
struct CancellationTests {
    @Test("a child's read that is cancelled leaves the connection as it was", arguments: EngineKind.allCases)
    func childRead(_ kind: EngineKind) async throws {
        try await withServer(kind) { connection in
            let loop = connection.loop
            await #expect {
                try await loop.timeout(.milliseconds(20)) { try await connection.readLine() }
            } throws: {
                ($0 as? IOError)?.code == .timedOut
            }
            try await connection.write("go on")
            let line = try await connection.readLine()
            try await connection.write(line ?? "nothing")
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("first half, ")
            #expect(try await peer.receiveText(5) == "go on")
            try await peer.send("second half\n")
            #expect(try await peer.receiveText(23) == "first half, second half")
        }
    }

    @Test("a child's write that is cancelled halfway closes the connection", arguments: EngineKind.allCases)
    func childWrite(_ kind: EngineKind) async throws {
        let codes = Collected<IOError.Code>()
        let halfway = Collected<Void>()
        try await withServer(kind) { connection in
            let bytes = [UInt8](repeating: 1, count: 20_000_000)
            await #expect {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await connection.write(bytes) }
                    try await halfway.wait()
                    group.cancelAll()
                    try await group.waitForAll()
                }
            } throws: {
                ($0 as? IOError)?.code == .cancelled
            }
            do throws(IOError) {
                _ = try await connection.read()
            } catch {
                codes.add(error.code)
            }
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            #expect(try await peer.receive(atMost: 1) == [1])
            halfway.add(())
            try await codes.wait()
            _ = try? await peer.receiveUntilEnd()
        }
        #expect(codes.all == [.cancelled])
    }

    @Test("a write waits its turn behind a suspended one; two readers are refused", arguments: EngineKind.allCases)
    func turns(_ kind: EngineKind) async throws {
        try await withServer(kind) { connection in
            try connection.set(.sendBuffer, to: 8192)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 {
                    group.addTask { try await connection.write([UInt8](repeating: UInt8(number), count: 250_000)) }
                }
                try await group.waitForAll()
            }
            async let first = connection.read()?.count
            await Task.yield()
            do throws(IOError) {
                _ = try await connection.read()
                Issue.record("two readers")
            } catch {
                #expect(error.code == .busy)
            }
            try await connection.write("x")
            #expect(try await first == 3)
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            let all = try await peer.receive(exactly: 1_000_001)
            // Each number is in one piece.
            var changes = 0
            for index in 1..<1_000_000 where all[index] != all[index - 1] { changes += 1 }
            #expect(changes == 3)
            try await peer.send("end")
            #expect(try await peer.receiveUntilEnd().isEmpty)
        }
    }

    @Test("cancelling what runs on a loop that ends: every task is told, none is lost", arguments: EngineKind.allCases)
    func loopEnds(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
        let running = start { try await server.run(echo) }
        let peer = try await Peer.connect(to: server.address)
        try await peer.send("x")
        #expect(try await peer.receiveText(1) == "x")
        await loop.shutDown()
        #expect(try await peer.receiveUntilEnd().isEmpty)
        await #expect { try await running.value } throws: { ($0 as? IOError)?.code == .closed }
        await #expect { try await TCPConnection.connect(to: server.address, on: loop) { _ in } } throws: {
            ($0 as? IOError)?.code == .closed
        }
    }
}
