import EventLoops
import Libevent
import Sockets
import SystemPackage
import Testing

/// What users of the library may do wrong.
@Suite(.serialized, .timeLimit(.minutes(5)), .onTestThread)
struct MisuseFaultTests {
    @Test("fault 22: what has ended can be ended again; a server runs once", arguments: EngineKind.allCases)
    func twice(_ kind: EngineKind) async throws {
        let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
        let running = start {
            try await server.run { connection in
                try await connection.write("bye")
                try await connection.close()
                try await connection.close()
                connection.abort()
                connection.abort()
                await #expect { try await connection.write("more") } throws: { ($0 as? IOError)?.code == .closed }
                await #expect { _ = try await connection.read() } throws: { ($0 as? IOError)?.code == .closed }
            }
        }
        let peer = try await Peer.connect(to: server.address)
        #expect(try await peer.receiveText(3) == "bye")
        await #expect { try await server.run(echo) } throws: { ($0 as? IOError)?.code == .alreadyRunning }
        server.shutDown(within: .zero)
        server.shutDown()
        try await running.value
        server.shutDown()
        await #expect { try await server.run(echo) } throws: { ($0 as? IOError)?.code == .alreadyRunning }
    }

    @Test("fault 34: what does not listen, or is no socket, serves nobody", arguments: EngineKind.allCases)
    func notListening(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        #expect { _ = try TCPServer(adopting: Socket.bound(to: .loopback(port: 0), .stream), on: loop) } throws: {
            ($0 as? IOError)?.code == .invalidArgument
        }
        #expect(throws: IOError.self) {
            let file = try FileDescriptor.open(FilePath("/dev/null"), .readOnly)
            _ = try TCPServer(adopting: Socket(adopting: file), on: loop)
        }
        await loop.shutDown()
    }

    @Test("fault 41: a handler that throws ends its own connection only", arguments: EngineKind.allCases)
    func throwing(_ kind: EngineKind) async throws {
        let reports = Collected<any Error>()
        var options = ServerOptions()
        options.onError = { reports.add($0) }
        try await withServer(kind, options: options) { connection in
            while let chunk = try await connection.read() {
                guard chunk.text != "!" else { throw Failure() }
                try await connection.write(chunk)
            }
        } body: { server in
            try await Self.provoke(server)
        }
        try await withChunkServer(kind, options: options) { connection, chunk in
            guard chunk[0] != UInt8(ascii: "!") else { throw Failure() }
            connection.write(chunk)
        } body: { server in
            try await Self.provoke(server)
        }
        #expect(reports.all.count == 2)
        #expect(reports.all.allSatisfy { $0 is Failure })
    }

    private static func provoke(_ server: TCPServer) async throws {
        let (good, bad) = (try await Peer.connect(to: server.address), try await Peer.connect(to: server.address))
        for text in ["1", "2"] {
            try await good.send(text)
            #expect(try await good.receiveText(1) == text)
            try? await bad.send("!")
            #expect(((try? await bad.receiveUntilEnd()) ?? []).isEmpty)
        }
    }

    private struct Failure: Error {}

    @Test("fault 42: a run of a base within its run is refused, and the outer one goes on")
    func nested() throws {
        let base = try EventBase()
        let text = try EventLoop.run(on: base) { loop in
            let refused = unsafe loop.withUnsafeEventBase { raw in
                let same = unsafe EventBase(unsafeAdopting: raw)
                #expect(throws: IOError.self) { try EventLoop.run(on: same) { _ in } }
                same.close()
                return true
            }
            #expect(refused == true)
            try await loop.sleep(for: .milliseconds(1))
            return "went on"
        }
        #expect(text == "went on")
    }
}
