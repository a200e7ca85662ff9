import EventLoops
import Glibc
import Libevent
import Readiness
import Sockets
import SystemPackage
import Testing

/// What users of the library may do wrong.
@Suite(.serialized, .onTestThread)
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
            try connection.write(chunk)
        } body: { server in
            try await Self.provoke(server)
        }
        #expect(reports.all.count == 2)
        #expect(reports.all.allSatisfy { $0 is Failure })
    }

    private static func provoke(_ server: TCPServer) async throws {
        let (good, bad) = (try await Peer.connect(to: server.address), try await Peer.connect(to: server.address))
        try await good.send("1")
        #expect(try await good.receiveText(1) == "1")
        try await bad.send("!")
        #expect(try await bad.receiveUntilEnd().isEmpty)
        try await good.send("2")
        #expect(try await good.receiveText(1) == "2")
    }

    private struct Failure: Error {}

    @Test("limits of centuries are none, and a negative number of bytes is refused", arguments: EngineKind.allCases)
    func limits(_ kind: EngineKind) async throws {
        let centuries = Duration.seconds(Int64.max)
        var options = ServerOptions()
        options.stream.idle = centuries
        options.stream.read = centuries
        options.stream.write = centuries
        options.stream.linger = centuries
        try await withServer(kind, options: options) { connection in
            try connection.set(.sendBuffer, to: 8192)
            await #expect { _ = try await connection.read(exactly: -1) } throws: {
                ($0 as? IOError)?.code == .outOfRange
            }
            let bytes = try await connection.read(exactly: 100_000) ?? []
            try await connection.write(bytes + bytes)
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send([UInt8](repeating: 1, count: 100_000))
            #expect(try await peer.receiveUntilEnd().count == 200_000)
        }
        let loop = try EventLoop(engine: kind.engine)
        let ticking = start {
            for await _ in loop.interval(every: centuries) { return true }
            return false
        }
        ticking.cancel()
        #expect(try await ticking.value == false)
        await loop.shutDown()
    }

    @Test("a write that waits its turn while the connection is closed is an error", arguments: EngineKind.allCases)
    func closedInLine(_ kind: EngineKind) async throws {
        let codes = Collected<IOError.Code?>()
        try await withServer(kind) { connection in
            try connection.set(.sendBuffer, to: 8192)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await connection.write([UInt8](repeating: 1, count: 500_000))
                    // The one in line has the turn now, and has not run yet.
                    connection.abort()
                }
                group.addTask {
                    do throws(IOError) {
                        try await connection.write("second")
                        codes.add(nil)
                    } catch {
                        codes.add(error.code)
                    }
                }
                try await group.waitForAll()
            }
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            _ = try? await peer.receiveUntilEnd()
            #expect(try await codes.wait() == [.closed])
        }
    }

    @Test("a connection that is closed before it has its handler does not keep it", arguments: EngineKind.allCases)
    func closedAtOnce(_ kind: EngineKind) async throws {
        let kept = Collected<WeakConnection>()
        try await withServer(kind) { connection in
            kept.add(WeakConnection(connection))
            connection.abort()
            return { _ in try connection.write("never") }
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            _ = try? await peer.receiveUntilEnd()
            try await kept.wait()
        }
        #expect(kept.all[0].value == nil)
    }

    private struct WeakConnection: Sendable {
        weak let value: ChunkConnection?

        init(_ value: ChunkConnection) {
            self.value = value
        }
    }

    @Test("signals that nobody waits for any more have their usual effect again", arguments: FaultTests.both)
    func droppedSignals(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let number = SIGPWR
        do {
            let signals = try await loop.signals(Signal(rawValue: number))
            #expect(!hasUsualEffect(number))
            withExtendedLifetime(signals) {}
        }
        // Given back on the loop's thread.
        while !hasUsualEffect(number) { try await loop.sleep(for: .milliseconds(1)) }
        await loop.shutDown()
    }

    @Test("fault 42: a run of a base within its run is refused, and the outer one goes on")
    func nested() throws {
        let base = try EventBase()
        let text = try EventLoop.run(on: base) { loop in
            let refused = unsafe loop.withUnsafeEventBase { raw in
                let same = unsafe EventBase(unsafeAdopting: raw)
                #expect(throws: IOError.self) { try EventLoop.run(on: same) { _ in Issue.record("it ran") } }
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

private func hasUsualEffect(_ signal: CInt) -> Bool {
    var action = sigaction()
    unsafe sigaction(signal, nil, &action)
    return unsafe action.__sigaction_handler.sa_handler == nil
}
