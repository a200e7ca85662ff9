import EventLoops
import Glibc
import Sockets
import Testing

/// Times that are over, and tasks that are cancelled, at the very moment of success.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct TimeoutRaceTests {
    private static let rounds = 400

    @Test(
        "a line is never lost between a read and the time-out around it",
        .onTestThread,
        .bug(id: "timeout-races-success"),
        arguments: EngineKind.allCases
    )
    func lines(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
        let running = start {
            try await server.run { connection in
                for number in 0..<Self.rounds {
                    try await connection.loop.sleep(for: .microseconds(50))
                    try await connection.write("\(number)\n")
                }
            }
        }
        try await TCPConnection.connect(to: server.address, on: loop) { connection in
            var next = 0
            var turn = 0
            while next < Self.rounds {
                turn += 1
                do throws(IOError) {
                    let limit = Duration.microseconds(20 + turn % 100)
                    guard let line = try await Self.line(of: connection, within: limit) else { break }
                    #expect(line == "\(next)")
                    next += 1
                } catch {
                    #expect(error.code == .timedOut)
                }
            }
            #expect(next == Self.rounds)
        }
        server.shutDown()
        try await running.value
        await loop.shutDown()
    }

    private static func line(of connection: TCPConnection, within limit: Duration) async throws(IOError) -> String? {
        do {
            return try await connection.loop.timeout(limit) { try await connection.readLine() }
        } catch {
            throw error as? IOError ?? IOError("timeout", .handlerFailed, detail: "\(error)")
        }
    }

    @Test(
        "connects that time out, or are cancelled, as they succeed leave no descriptor",
        .bug(id: "timeout-races-success"),
        arguments: EngineKind.allCases
    )
    func connects(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            let (loop, serverLoop) = (try EventLoop(engine: kind.engine), try EventLoop(engine: kind.engine))
            let server = try TCPServer(on: .loopback(port: 0), loops: [serverLoop])
            let running = Task { try await server.run(echo) }
            let address = server.address
            let connect = { @Sendable (limit: Duration) in
                try await TCPConnection.connect(to: address, on: loop, within: limit) { _ in true }
            }
            try #require(try await connect(.seconds(60)))
            let before = try await TimeoutRaceTests.settledDescriptors(server, loop)
            var outcomes: [String: Int] = [:]
            for round in 0..<TimeoutRaceTests.rounds {
                let limit = Duration.microseconds(round * 7 % 400)
                let task = Task {
                    switch round % 3 {
                    case 0: try await connect(limit)
                    case 1: try await loop.timeout(limit) { try await connect(.seconds(60)) }
                    default: try await connect(.seconds(60))
                    }
                }
                if round % 3 == 2 {
                    try await loop.sleep(for: limit / 4)
                    task.cancel()
                }
                do {
                    outcomes["\(try await task.value)", default: 0] += 1
                } catch let error as IOError {
                    outcomes["\(error.code)", default: 0] += 1
                    try #require([.timedOut, .cancelled].contains(error.code))
                } catch {
                    throw error
                }
            }
            try #require(try await TimeoutRaceTests.settledDescriptors(server, loop) == before, "\(outcomes)")
            server.shutDown(within: .zero)
            try await running.value
            await loop.shutDown()
            await serverLoop.shutDown()
        }
    }

    /// How many descriptors there are when the connections have closed.
    private static func settledDescriptors(_ server: TCPServer, _ loop: EventLoop) async throws -> Int {
        var (last, quiet) = (0, 0)
        while quiet < 20 {
            try await loop.sleep(for: .milliseconds(5))
            let now = openDescriptors().count
            quiet = now == last ? quiet + 1 : 0
            last = now
        }
        return last
    }

    @Test(
        "a connection that is established before a late loop looks at the deadline is used",
        .onTestThread,
        .bug(id: "timeout-races-success"),
        arguments: [EngineKind.native, .libevent]
    )
    func lateLoop(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let listener = try Socket.listening(on: .loopback(port: 0))
        let limit = Duration.milliseconds(500)
        let seam = ConnectSeam { address throws(IOError) in
            let connecting = try Socket.connecting(to: address)
            usleep(600_000)
            return connecting
        }
        let peer = try await TCPConnection.connect(to: listener.localAddress(), on: loop, within: limit, using: seam) {
            $0.peer
        }
        #expect(try peer == listener.localAddress())
        await loop.shutDown()
    }

    @Test(
        "what is finished although the calling task was cancelled is not lost, and the task stays cancelled",
        .onTestThread,
        .bug(id: "cancel-races-success"),
        arguments: EngineKind.allCases
    )
    func cancelled(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let began = Collected<Void>()
        let task = start {
            let value = try await loop.timeout(.seconds(3600)) {
                began.add(())
                try? await loop.sleep(for: .seconds(3600))
                // The wait for the time has ended long ago.
                for _ in 0..<100 { await Task.yield() }
                return 7
            }
            await #expect { try await loop.sleep(for: .seconds(3600)) } throws: { ($0 as? IOError)?.code == .cancelled }
            return (value, Task.isCancelled)
        }
        try await began.wait()
        task.cancel()
        #expect(try await task.value == (7, true))
        await loop.shutDown()
    }
}
