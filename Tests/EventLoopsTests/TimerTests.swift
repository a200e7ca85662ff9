import EventLoops
import Sockets
import Testing

@Suite(.serialized, .onTestThread)
struct TimerTests {
    @Test("a sleep is never short, and many end in the order of their times", arguments: EngineKind.allCases)
    func sleeping(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        var order: [Int]?
        while order == nil { order = try await Self.orderOfEnds([40, 10, 30, 20, 0], on: loop) }
        #expect(order == [0, 10, 20, 30, 40])
        await loop.shutDown()
    }

    /// In which order tasks that sleep so many milliseconds end; `nil` when the machine was too slow to begin them together.
    private static func orderOfEnds(_ delays: [Int], on loop: EventLoop) async throws -> [Int]? {
        let ended = Collected<Int>()
        let began = Collected<ContinuousClock.Instant>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for delay in delays {
                group.addTask(executorPreference: loop) {
                    let start = ContinuousClock.now
                    began.add(start)
                    try await loop.sleep(for: .milliseconds(delay))
                    #expect(ContinuousClock.now - start >= .milliseconds(delay))
                    ended.add(delay)
                }
            }
            // After the last of them, in the order of the loop.
            group.addTask(executorPreference: loop) { began.add(.now) }
            try await group.waitForAll()
        }
        let starts = began.all
        let isTogether = starts[starts.count - 1] - starts[0] < .milliseconds(10)
        return isTogether ? ended.all : nil
    }

    @Test(
        "fault 28: a sleep longer than any timer takes can be cancelled",
        .bug(id: "longest-duration"),
        arguments: EngineKind.allCases
    )
    func longSleep(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        for delay in [Duration.seconds(4_000_000), .seconds(Int64.max)] {
            let task = start { try await loop.sleep(for: delay) }
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
        let cancelled = start {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            try await loop.sleep(for: .seconds(100))
        }
        await #expect { try await cancelled.value } throws: { ($0 as? IOError)?.code == .cancelled }
        let sleeping = start { try await loop.sleep(for: .seconds(100)) }
        try await loop.sleep(for: .milliseconds(2))
        await loop.shutDown()
        await #expect { try await sleeping.value } throws: { ($0 as? IOError)?.code == .closed }
        await #expect { try await loop.sleep(for: .zero) } throws: { ($0 as? IOError)?.code == .closed }
    }

    @Test(
        "an interval ticks steadily, and passes over what was missed",
        .bug(id: "repeating-timer-loses-its-grid"),
        arguments: [EngineKind.native, .libevent]
    )
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
        "a tick of an interval that the loop is late for stands for those that passed meanwhile",
        .bug(id: "repeating-timer-loses-its-grid"),
        arguments: [EngineKind.native, .libevent]
    )
    func lateTick(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let period = Duration.milliseconds(5)
        var first: ContinuousClock.Instant?
        var work: Task<ContinuousClock.Instant, Never>?
        for await tick in loop.interval(every: period) {
            // The iteration began at least one period before.
            let begin = first ?? .now - period
            first = begin
            if let work {
                let end = await work.value
                #expect(begin + period * (tick + 1) > end)
                break
            }
            // The loop gets to it before it hears that the next tick is awaited.
            work = Task(executorPreference: loop) {
                let end = ContinuousClock.now + period * 4.5
                while ContinuousClock.now < end {}
                return end
            }
        }
        #expect(work != nil)
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

    @Test("what is finished although its time was over is not lost", arguments: [EngineKind.native, .libevent])
    func timeoutAfterwards(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let value = try await loop.timeout(.milliseconds(1)) {
            try? await loop.sleep(for: .seconds(60))
            return Task.isCancelled
        }
        #expect(value)
        await loop.shutDown()
    }

    @Test("a read that takes too long ends, and the connection can still be used", arguments: FaultTests.both)
    func readTimeout(_ kind: EngineKind) async throws {
        var options = ServerOptions()
        options.stream.read = .milliseconds(100)
        let timeouts = Collected<Int>()
        try await withServer(kind, options: options) { connection in
            var line: String?
            while line == nil {
                do throws(IOError) {
                    line = try await connection.readLine()
                } catch {
                    guard error.code == .timedOut else { throw error }
                    timeouts.add(1)
                }
            }
            try await connection.write(line ?? "")
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("ab")
            try await timeouts.wait()
            try await peer.send("cd\n")
            #expect(try await peer.receiveText(4) == "abcd")
        }
    }

    @Test("fault 12: a peer that sends nothing is closed, one that trickles is not", arguments: FaultTests.both)
    func idle(_ kind: EngineKind) async throws {
        // Long beside what a busy machine delays a thread.
        let limit = Duration.seconds(4)
        let loop = try EventLoop(engine: kind.engine)
        var options = ServerOptions()
        options.stream.idle = limit
        let server = try TCPServer(on: .loopback(port: 0), loops: [loop], options: options)
        async let running: Void = server.run(echo)
        // On the loop of the server: one that is late is late for both.
        async let trickling: Void = TCPConnection.connect(to: server.address, on: loop) { connection in
            for _ in 0..<30 {
                try await connection.write("x")
                #expect(try await connection.read()?.text == "x")
                try await loop.sleep(for: limit / 20)
            }
        }
        let start = ContinuousClock.now
        let quiet = try await Peer.connect(to: server.address)
        #expect(try await quiet.receiveUntilEnd().isEmpty)
        #expect(ContinuousClock.now - start >= limit)
        try await trickling
        server.shutDown()
        try await running
        await loop.shutDown()
    }
}
