import EventLoops
import Glibc
import Readiness
import Sockets
import SystemPackage
import Testing

/// What peers and users of a loop do, each with the number of its fault. Which of the 45 are where:
///
/// | faults | where |
/// |---|---|
/// | 1 | NoDescriptorTests |
/// | 2, 3, 6, 7, 18, 20, 23, 24, 29, 39 | SystemFaultTests |
/// | 4, 5, 8, 10, 11, 13-17, 19, 21, 25, 26, 40, 44, 45 | here |
/// | 9, 35, 36 | CapacityFaultTests |
/// | 11 | SlowReaderTests too |
/// | 12, 28 | TimerTests |
/// | 22, 34, 41, 42 | MisuseFaultTests |
/// | 33 | ConnectTests |
/// | 27: a jump of the wall clock | loops know the monotonic clock only; WallClockTests of the command, on each engine |
/// | 30-32: EXCLUSIVE and ONESHOT | no part of this layer: a loop shares no socket with another, and asks by level |
/// | 37, 38: datagrams | no part of this layer yet |
/// | 43: no memory for events | beneath this layer: EngineTests and MultiplexingTests |
@Suite(.serialized, .onTestThread)
struct FaultTests {
    static let both = [EngineKind.native, .libevent]

    @Test(
        "fault 4: a client that resets at once disturbs nobody",
        .bug(id: "reset-before-accept"),
        arguments: EngineKind.allCases
    )
    func resetAtOnce(_ kind: EngineKind) async throws {
        try await withServer(kind, echo) { server in
            for _ in 0..<10 {
                let peer = try await Peer.connect(to: server.address)
                try peer.resetAtEnd()
                try await peer.send("x")
            }
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("y")
            #expect(try await peer.receiveText(1) == "y")
        }
    }

    @Test(
        "fault 5: a burst of connects is taken whole, also above the limit of connections",
        .bug(id: "burst-of-connects"),
        arguments: both
    )
    func burst(_ kind: EngineKind) async throws {
        var options = ServerOptions()
        options.mostConnections = 10
        options.acceptsPerTurn = 3
        try await withServer(kind, options: options, echo) { server in
            var peers: [Peer] = []
            for _ in 0..<25 { peers.append(try await Peer.connect(to: server.address)) }
            for peer in peers { try await peer.send("x") }
            // Each makes room for the next when it goes.
            for (number, peer) in peers.enumerated() {
                #expect(try await peer.receiveText(1) == "x")
                #expect(server.acceptedConnections <= number + 10)
                try peer.finishWriting()
                #expect(try await peer.receiveUntilEnd().isEmpty)
            }
        }
    }

    @Test(
        "fault 10: a peer that always sends does not keep the others waiting",
        .bug(id: "one-peer-starves-others"),
        arguments: EngineKind.allCases
    )
    func firehose(_ kind: EngineKind) async throws {
        try await withChunkServer(kind) { connection, chunk in
            if chunk.count == 1 { try connection.write(chunk) }
        } body: { server in
            let hose = try await Peer.connect(to: server.address)
            let pouring = start {
                while !Task.isCancelled { try await hose.send([UInt8](repeating: 0, count: 1_000_000)) }
            }
            for _ in 0..<10 {
                let peer = try await Peer.connect(to: server.address)
                try await peer.send("x")
                #expect(try await peer.receiveText(1) == "x")
            }
            pouring.cancel()
            _ = await pouring.result
        }
    }

    @Test(
        "faults 8 and 11: a slow reader holds the writer at the watermark",
        .bug(id: "slow-reader-memory"),
        arguments: EngineKind.allCases
    )
    func slowReader(_ kind: EngineKind) async throws {
        let written = Collected<Int>()
        let part = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
        try await withServer(kind) { connection in
            guard let first = try await connection.read() else { return }
            guard first.text == "write" else {
                try await connection.write(first)
                return try await echo(connection)
            }
            try connection.set(.sendBuffer, to: 8192)
            for _ in 0..<200 {
                try await connection.write(part)
                written.add(part.count)
            }
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("write")
            var all = try await peer.receive(exactly: 1000)
            try await Self.letLoopTurn(server.address)
            // What the kernel buffers on both sides, and the watermark; not all of it.
            #expect(written.all.reduce(0, +) < 1_500_000)
            all += try await peer.receiveUntilEnd()
            #expect(all.count == 2_000_000)
            #expect((0..<200).allSatisfy { Array(all[$0 * 10_000..<($0 + 1) * 10_000]) == part })
        }
    }

    @Test(
        "fault 11: a chunk handler is given nothing while its peer does not read",
        .bug(id: "slow-reader-memory"),
        arguments: EngineKind.allCases
    )
    func slowChunkReader(_ kind: EngineKind) async throws {
        let chunks = Collected<Int>()
        try await withChunkServer(kind) { connection, chunk in
            guard chunk[0] < 3 else { return try connection.write(chunk) }
            try connection.set(.sendBuffer, to: 8192)
            for _ in 0..<chunk.count { try connection.write([UInt8](repeating: chunk[0], count: 10_000).span) }
            chunks.add(connection.queuedBytes)
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            // More than the kernel buffers.
            try await peer.send([UInt8](repeating: 1, count: 60))
            try await chunks.wait()
            try await peer.send([UInt8](repeating: 2, count: 10))
            try await Self.letLoopTurn(server.address)
            #expect(chunks.all.count == 1)
            #expect(chunks.all[0] > 65_536)
            let all = try await peer.receive(exactly: 700_000)
            #expect(all.count(where: { $0 == 1 }) == 600_000)
            #expect(all.suffix(100_000).allSatisfy { $0 == 2 })
        }
    }

    /// Has another connection served for a while, so that the loop has had its chance to do what it must not.
    private static func letLoopTurn(_ server: SocketAddress) async throws {
        let peer = try await Peer.connect(to: server)
        for _ in 0..<10 {
            try await peer.send("x")
            #expect(try await peer.receiveText(1) == "x")
        }
    }

    @Test(
        "a chunk handler that writes to a peer who never reads is ended by the refusal that it does not catch",
        arguments: both
    )
    func mostQueued(_ kind: EngineKind) async throws {
        let ends = Collected<IOError.Code?>()
        var options = ServerOptions()
        options.stream.mostQueued = 1_000_000
        try await withServer(kind, options: options) { connection in
            connection.onEnd { ends.add($0?.code) }
            return { _ in
                while true { try connection.write([UInt8](repeating: 0, count: 100_000).span) }
            }
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("x")
            try await ends.wait()
        }
        #expect(ends.all == [.queueFull])
    }

    @Test("fault 13: a peer that finished still gets what is written to it", arguments: EngineKind.allCases)
    func halfClosedByPeer(_ kind: EngineKind) async throws {
        try await withServer(kind) { connection in
            var count = 0
            while let chunk = try await connection.read() { count += chunk.count }
            #expect(try await connection.read() == nil)
            try await connection.write("\(count) bytes")
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("hello")
            try peer.finishWriting()
            #expect(String(decoding: try await peer.receiveUntilEnd(), as: UTF8.self) == "5 bytes")
        }
    }

    @Test("fault 14: after this side finished, the peer is still read from", arguments: EngineKind.allCases)
    func halfClosedByUs(_ kind: EngineKind) async throws {
        let received = Collected<String>()
        try await withServer(kind) { connection in
            try await connection.write("bye")
            try await connection.finishWriting()
            while let chunk = try await connection.read() { received.add(chunk.text) }
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            #expect(String(decoding: try await peer.receiveUntilEnd(), as: UTF8.self) == "bye")
            try await peer.send("late")
            try peer.finishWriting()
        }
        #expect(received.all.joined() == "late")
    }

    @Test("faults 15 and 17: a reset ends a read, and later a write, with an error", arguments: EngineKind.allCases)
    func reset(_ kind: EngineKind) async throws {
        let codes = Collected<IOError.Code>()
        try await withServer(kind) { connection in
            do throws(IOError) {
                while try await connection.read() != nil {}
            } catch {
                codes.add(error.code)
            }
            do throws(IOError) {
                try await connection.write("too late")
            } catch {
                codes.add(error.code)
            }
        } body: { server in
            do {
                let peer = try await Peer.connect(to: server.address)
                try peer.resetAtEnd()
                try await peer.send("x")
            }
            try await codes.wait(for: 2)
        }
        #expect(codes.all == [.connectionReset, .connectionReset])
    }

    @Test("fault 16: what comes together with the end is delivered before it", arguments: EngineKind.allCases)
    func dataAndEnd(_ kind: EngineKind) async throws {
        let events = Collected<String>()
        let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
        let running = start {
            try await server.run(eachConnection: { connection in
                connection.onEnd { _ in
                    events.add("end")
                    try? connection.write("last words")
                }
                return { chunk in events.add("\(chunk.count)") }
            })
        }
        let peer = try await Peer.connect(to: server.address)
        try await peer.send("abc")
        try peer.finishWriting()
        #expect(String(decoding: try await peer.receiveUntilEnd(), as: UTF8.self) == "last words")
        #expect(events.all == ["3", "end"])
        server.shutDown(within: .seconds(60))
        try await running.value
    }

    @Test(
        "faults 19 and 21: a handler closes its own connection, and another one",
        .bug(id: "event-of-a-closed-descriptor"),
        arguments: EngineKind.allCases
    )
    func closing(_ kind: EngineKind) async throws {
        let connections = Collected<ChunkConnection>()
        let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
        let running = start {
            try await server.run(eachConnection: { connection in
                connections.add(connection)
                return { chunk in
                    guard chunk[0] == UInt8(ascii: "!") else { return try connection.write(chunk) }
                    for other in connections.all { other.abort() }
                    try connection.write("after the end")
                    connection.close()
                }
            })
        }
        for _ in 0..<10 {
            let (first, second) = (
                try await Peer.connect(to: server.address), try await Peer.connect(to: server.address)
            )
            for peer in [first, second] {
                try await peer.send("x")
                #expect(try await peer.receiveText(1) == "x")
            }
            try await first.send("!")
            try? await second.send("!")
            #expect(((try? await first.receiveUntilEnd()) ?? []).isEmpty)
            #expect(((try? await second.receiveUntilEnd()) ?? []).isEmpty)
        }
        server.shutDown(within: .seconds(60))
        try await running.value
    }

    @Test("faults 25 and 26: jobs from 64 threads all run, on the loop", arguments: EngineKind.allCases)
    func wakeStorm(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let ran = Collected<Bool>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    try await onThread {
                        for _ in 0..<100 { Task(executorPreference: loop) { ran.add(loop.isCurrent) } }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await ran.wait(for: 6400).allSatisfy { $0 })
        await loop.shutDown()
    }

    @Test("fault 40: a loop ends before, while and after it is used", arguments: EngineKind.allCases)
    func ending(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        async let first: Void = loop.shutDown()
        async let second: Void = loop.shutDown()
        _ = await (first, second)
        // Tasks that come back later still run.
        let late = await Task(executorPreference: loop) { loop.isCurrent }.value
        #expect(late)
        #expect(!loop.isCurrent)
        #expect { _ = try TCPServer(on: .loopback(port: 0), loops: [loop]) } throws: {
            ($0 as? IOError)?.code == .closed
        }
    }

    @Test("fault 44: signals come to every loop that asks, each once", arguments: both)
    func signals(_ kind: EngineKind) async throws {
        let (first, second) = (try EventLoop(engine: kind.engine), try EventLoop(engine: kind.engine))
        let sequences = [try await first.signals(.user2), try await second.signals(.user2, .windowChange)]
        kill(getpid(), SIGUSR2)
        for sequence in sequences {
            for await signal in sequence {
                #expect(signal == .user2)
                break
            }
        }
        let waiting = start { for await _ in sequences[0] {} }
        waiting.cancel()
        try await waiting.value
        await #expect { _ = try await first.signals(Signal(rawValue: SIGKILL)) } throws: {
            ($0 as? IOError)?.code == .invalidArgument
        }
        await first.shutDown()
        await second.shutDown()
    }

    @Test("fault 45: a port that is in use is an error of the making")
    func portInUse() throws {
        let loop = try EventLoop()
        let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
        #expect { _ = try TCPServer(on: server.address) } throws: { ($0 as? IOError)?.code == .addressInUse }
        Task { await loop.shutDown() }
    }

    @Test("an actor on a loop runs on it, and is known to be isolated there", arguments: both)
    func actors(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let counter = Counter(loop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { #expect(await counter.count()) } }
            try await group.waitForAll()
        }
        await Task(executorPreference: loop) { Self.look(at: counter) }.value
        await loop.shutDown()
    }

    private static func look(at counter: Counter) {
        counter.assumeIsolated { #expect($0.number == 50) }
    }
}

private actor Counter {
    private let loop: EventLoop
    private(set) var number = 0

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.unownedSerialExecutor }

    func count() -> Bool {
        number += 1
        return loop.isCurrent
    }
}
