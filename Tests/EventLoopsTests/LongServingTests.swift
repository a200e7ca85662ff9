import CBaselines
import EventLoops
import Glibc
import Readiness
import Sockets
import Synchronization
import Testing

/// What a server that serves for long keeps of each connection, call and signal that is over: nothing.
///
/// Each case has a process of its own, whose memory and descriptors are counted.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct LongServingTests {
    private static let kinds = [EngineKind.native, .libevent]

    @Test("tasks of connections that are over leave nothing behind", .bug(id: "memory-of-a-long-run"), arguments: kinds)
    func tasks(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            try await LongRun.serve(kind) { server in
                let count = Atomic(0)
                try await server.run { connection in
                    let number = count.wrappingAdd(1, ordering: .relaxed).newValue
                    guard let chunk = try await connection.read() else { return }
                    try await connection.write(chunk)
                    if number.isMultiple(of: 10) { throw IOError("test", .system) }
                    if number.isMultiple(of: 100) { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
                    while try await connection.read() != nil {}
                }
            }
        }
    }

    @Test(
        "chunk handlers of connections that are over leave nothing behind",
        .bug(id: "memory-of-a-long-run"),
        arguments: kinds
    )
    func chunks(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            try await LongRun.serve(kind) { server in
                let count = Atomic(0)
                try await server.run(eachConnection: { connection in
                    connection.onEnd { _ in try? connection.write("the end") }
                    return { chunk in
                        try connection.write(chunk)
                        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
                        if number.isMultiple(of: 10) { throw IOError("test", .system) }
                        if number.isMultiple(of: 15) { connection.abort() }
                    }
                })
            }
        }
    }

    @Test(
        "timeouts, sleeps and signals that are over leave nothing behind",
        .bug(id: "memory-of-a-long-run"),
        arguments: kinds
    )
    func timersAndSignals(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            let loop = try EventLoop(engine: kind.engine)
            let signals = try await loop.signals(.user2)
            func run(_ count: Int) async throws {
                for number in 0..<count {
                    _ = try await loop.timeout(.seconds(600)) { number }
                    try? await loop.timeout(.microseconds(1)) { try await loop.sleep(for: .seconds(600)) }
                    kill(getpid(), SIGUSR2)
                    for await _ in signals { break }
                }
            }
            try await LongRun.check { round in try await run(round == 0 ? 500 : 2000) }
            await loop.shutDown()
        }
    }
}

/// Work that is done again and again, and what it leaves behind.
private enum LongRun {
    /// In bytes. One object that is left behind by each connection takes more.
    private static let mostGrowth = 100_000
    private static let (first, second) = (500, 4000)

    /// Serves clients that come and go, some at a time.
    static func serve(_ kind: EngineKind, _ run: @escaping @Sendable (TCPServer) async throws -> Void) async throws {
        alarm(500)
        let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
        let running = Task { try await run(server) }
        try await check { round in
            let request = [UInt8](repeating: 7, count: 100)
            try await Peer.visit(server.address, round == 0 ? first : second, request)
            // When it serves one more, it has freed what the others used.
            try await Peer.visit(server.address, 1, request)
        }
        try #require(server.acceptedConnections == first + second + 2)
        server.shutDown(within: .seconds(60))
        try await running.value
    }

    /// Compares what is allocated and open after a first round with what is after a second one that is longer.
    static func check(_ body: (_ round: Int) async throws -> Void) async throws {
        try await body(0)
        let (memory, descriptors) = (cbaseline_allocated_bytes(), try openDescriptors())
        try await body(1)
        let growth = Int(cbaseline_allocated_bytes()) - Int(memory)
        try #require(growth < mostGrowth)
        try #require(try openDescriptors() == descriptors)
    }

    private static func openDescriptors() throws -> Int {
        guard let folder = unsafe opendir("/proc/self/fd") else { throw IOError("opendir", .system) }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        return count
    }
}
