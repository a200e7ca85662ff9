import EventLoops
import Glibc
import Readiness
import SeededRandom
import Sockets
import Synchronization
import Testing

/// Tasks that are cancelled at a random time of what they do, beside others that must not notice.
final class CancellationStorm: Sendable {
    private static let tasks = 10_000
    private static let atOnce = 32
    private static let undisturbed = 4

    private let loop: EventLoop
    /// One of each kind, and one whose backlog is full: it never answers.
    private let tasksServer: SocketAddress
    private let chunksServer: SocketAddress
    private let silent: SocketAddress
    private let seed: UInt64
    private let isOver = Atomic(false)
    private let ended = Mutex((count: 0, unexpected: [String]()))

    private init(_ loop: EventLoop, _ tasks: TCPServer, _ chunks: TCPServer, silent: SocketAddress) {
        self.loop = loop
        tasksServer = tasks.address
        chunksServer = chunks.address
        self.silent = silent
        seed = .random(in: 0...UInt64.max)
    }

    /// For a process of its own: nobody else ends it if a task is lost.
    static func run(_ kind: EngineKind) async throws {
        alarm(500)
        let loop = try EventLoop(engine: kind.engine)
        let serverLoop = try EventLoop(engine: kind.engine)
        let tasks = try TCPServer(on: .loopback(port: 0), loops: [serverLoop])
        let chunks = try TCPServer(on: .loopback(port: 0), loops: [serverLoop])
        let full = try Socket.listening(on: .loopback(port: 0), backlog: 0)
        let silent = try full.localAddress()
        let fillers = try (0..<3).map { _ in SocketBox(try Socket.connecting(to: silent).intoSocket()) }
        let storm = CancellationStorm(loop, tasks, chunks, silent: silent)
        let serving = [
            Task { try await tasks.run(storm.serve) },
            Task { try await chunks.run { connection, chunk in try connection.write(chunk) } },
        ]
        try await storm.rage()
        for task in serving {
            task.cancel()
            await #expect { try await task.value } throws: { ($0 as? IOError)?.code == .cancelled }
        }
        await loop.shutDown()
        await serverLoop.shutDown()
        withExtendedLifetime(fillers) {}
        try storm.check()
    }

    /// Each of the tasks has ended once, as it may, and every continuation was resumed once.
    private func check() throws {
        let (count, unexpected) = ended.withLock(of: self) { $0 }
        try #require(unexpected.isEmpty, "seed \(seed)")
        try #require(count == Self.tasks, "seed \(seed)")
        #if DEBUG
            try #require(Suspensions.total > Self.tasks, "seed \(seed)")
            try #require(Suspensions.outstanding == 0, "seed \(seed)")
        #endif
    }

    // MARK: Servers

    /// Echoes; a child task reads, and is cancelled now and then.
    @Sendable private func serve(_ connection: TCPConnection) async throws {
        while true {
            do {
                let line = try await connection.loop.timeout(.milliseconds(3)) { try await connection.read()?.bytes }
                guard let line else { return }
                try await connection.write(line)
            } catch let error as IOError where error.code == .timedOut {
                continue
            }
        }
    }

    // MARK: Clients

    private func rage() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<Self.undisturbed {
                group.addTask { try await self.echoUndisturbed(number) }
            }
            try await withThrowingTaskGroup(of: Void.self) { victims in
                for number in 0..<Self.tasks {
                    if number >= Self.atOnce { try await victims.next() }
                    victims.addTask { await self.cancelAtRandom(number) }
                }
                try await victims.waitForAll()
            }
            isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
    }

    /// The load, and the proof that others do not notice: every byte comes back until the end.
    private func echoUndisturbed(_ number: Int) async throws {
        let bytes = (0..<(1000 << number)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let address = number % 2 == 0 ? tasksServer : chunksServer
        try await TCPConnection.connect(to: address, on: loop) { connection in
            repeat {
                try await connection.write(bytes)
                try #require(try await connection.read(exactly: bytes.count) == bytes)
            } while !self.isOver.load(ordering: .relaxed)
        }
    }

    private func cancelAtRandom(_ number: Int) async {
        var random = RepeatableRandom(seed: seed &+ UInt64(number))
        let (what, where_, delay) = (Int.random(in: 0..<10, using: &random), Bool.random(using: &random), random.next())
        let work = Task { try await self.work(what, on: where_ ? tasksServer : chunksServer) }
        switch delay % 3 {
        case 0: for _ in 0..<(delay / 3 % 30) { await Task.yield() }
        case 1: try? await loop.sleep(for: .microseconds(Int64(delay / 3 % 3000)))
        default: break
        }
        work.cancel()
        do {
            try await work.value
            note(nil)
        } catch {
            note(error)
        }
    }

    private func work(_ number: Int, on address: SocketAddress) async throws {
        switch number {
        case 0: return try await TCPConnection.connect(to: silent, on: loop) { _ in }
        case 1: return try await loop.sleep(for: .seconds(60))
        case 2:
            for await _ in loop.interval(every: .microseconds(50)) {}
            return
        case 3: return try await loop.timeout(.microseconds(500)) { try await self.loop.sleep(for: .seconds(60)) }
        case 4:
            let port = address.port ?? 0
            // With two addresses, and with a lookup.
            let host = address == tasksServer ? "localhost" : "127.1"
            return try await TCPConnection.connect(toHost: host, port: port, on: loop) { _ = try await $0.read() }
        default: break
        }
        try await TCPConnection.connect(to: address, on: loop) { [loop] connection in
            switch number {
            case 5: _ = try await connection.read()
            case 6: try await connection.write([UInt8](repeating: 7, count: 3_000_000))
            case 7: _ = try? await loop.timeout(.microseconds(300)) { try await connection.read(exactly: 10) }
            case 8:
                async let first: Void = connection.write([UInt8](repeating: 7, count: 1_000_000))
                async let second: Void = connection.write([UInt8](repeating: 8, count: 1_000_000))
                _ = try await (first, second, connection.read(exactly: 2_000_000))
            default:
                async let reading = connection.readLine()
                try await connection.write("x")
                _ = try await reading
            }
        }
    }

    private func note(_ error: (any Error)?) {
        let code = (error as? IOError)?.code
        let isCode = code.map { [.cancelled, .closed, .timedOut, .busy].contains($0) } ?? false
        let isExpected = error == nil || error is CancellationError || isCode
        ended.withLock(of: self) { ended in
            ended.count += 1
            if !isExpected { ended.unexpected.append("\(error.map { "\($0)" } ?? "")") }
        }
    }
}
