import EventLoops
import Sockets
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
struct TimerTests {
    @Test("a sleep is never short, and many end in the order of their times", arguments: EngineKind.allCases)
    func sleeping(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let ended = Collected<Int>()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for milliseconds in [40, 10, 30, 20, 0] {
                group.addTask {
                    try await loop.sleep(for: .milliseconds(milliseconds))
                    #expect(ContinuousClock.now - start >= .milliseconds(milliseconds))
                    ended.add(milliseconds)
                }
            }
            try await group.waitForAll()
        }
        #expect(ended.all == [0, 10, 20, 30, 40])
        await loop.shutDown()
    }

    @Test("fault 28: a sleep longer than any timer takes can be cancelled", arguments: EngineKind.allCases)
    func longSleep(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        for delay in [Duration.seconds(4_000_000), .seconds(Int64.max)] {
            let task = Task { try await loop.sleep(for: delay) }
            try await loop.sleep(for: .milliseconds(2))
            task.cancel()
            await #expect { try await task.value } throws: { ($0 as? IOError)?.code == .cancelled }
        }
        await loop.shutDown()
    }

    @Test(
        "a sleep in a cancelled task ends at once; one on a loop that ends is told so",
        arguments: EngineKind.allCases
    )
    func endings(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let cancelled = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            try await loop.sleep(for: .seconds(100))
        }
        await #expect { try await cancelled.value } throws: { ($0 as? IOError)?.code == .cancelled }
        let sleeping = Task { try await loop.sleep(for: .seconds(100)) }
        try await loop.sleep(for: .milliseconds(2))
        await loop.shutDown()
        await #expect { try await sleeping.value } throws: { ($0 as? IOError)?.code == .closed }
        await #expect { try await loop.sleep(for: .zero) } throws: { ($0 as? IOError)?.code == .closed }
    }

    @Test("an interval ticks steadily, and passes over what was missed", arguments: [EngineKind.native, .libevent])
    func interval(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let start = ContinuousClock.now
        var last = 0
        for await tick in loop.interval(every: .milliseconds(5)) {
            #expect(tick > last)
            #expect(ContinuousClock.now - start >= .milliseconds(5 * tick))
            last = tick
            if tick == 2 { try await loop.sleep(for: .milliseconds(23)) }
            if tick > 5 { break }
        }
        #expect(last > 5)
        await loop.shutDown()
    }

    @Test(
        "a time-out cancels what takes too long, and lets pass what does not",
        arguments: [EngineKind.native, .libevent]
    )
    func timeout(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let value = try await loop.timeout(.seconds(60)) { 7 }
        #expect(value == 7)
        await #expect {
            try await loop.timeout(.milliseconds(5)) { try await loop.sleep(for: .seconds(60)) }
        } throws: {
            ($0 as? IOError)?.code == .timedOut
        }
        await loop.shutDown()
    }

    @Test("a read that takes too long ends, and the connection can still be used", arguments: FaultTests.both)
    func readTimeout(_ kind: EngineKind) async throws {
        var options = ServerOptions()
        options.stream.read = .seconds(4)
        try await withServer(kind, options: options) { connection in
            do throws(IOError) {
                _ = try await connection.readLine()
            } catch {
                #expect(error.code == .timedOut)
            }
            try await connection.write("late")
            let line = try await connection.read(exactly: 4)
            try await connection.write(line ?? [])
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("ab")
            #expect(try await peer.receiveText(4) == "late")
            try await peer.send("cd")
            #expect(try await peer.receiveText(4) == "abcd")
        }
    }

    @Test("fault 12: a peer that sends nothing is closed, one that trickles is not", arguments: FaultTests.both)
    func idle(_ kind: EngineKind) async throws {
        var options = ServerOptions()
        options.stream.idle = .seconds(6)
        try await withChunkServer(kind, options: options) { connection, chunk in
            connection.write(chunk)
        } body: { server in
            let loop = try EventLoop()
            let start = ContinuousClock.now
            let (quiet, trickling) = (
                try await Peer.connect(to: server.address), try await Peer.connect(to: server.address)
            )
            let ending = Task {
                _ = try await quiet.receiveUntilEnd()
                return ContinuousClock.now - start
            }
            for _ in 0..<20 {
                try await trickling.send("x")
                #expect(try await trickling.receiveText(1) == "x")
                try await loop.sleep(for: .milliseconds(350))
            }
            #expect(try await ending.value >= .seconds(6))
            await loop.shutDown()
        }
    }
}
