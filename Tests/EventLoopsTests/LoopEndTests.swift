import EventLoops
import FaultTools
import Glibc
import Libevent
import Readiness
import Sockets
import SystemPackage
import Testing

/// What a loop's end leaves, and what comes after it.
@Suite(.serialized, .onTestThread)
struct LoopEndTests {
    @Test("nothing of a loop is left when its shutdown returns", arguments: EngineKind.allCases)
    func nothingLeft(_ kind: EngineKind) async throws {
        for _ in 0..<100 {
            weak let loop = try await endedLoop(kind)
            try #require(loop == nil)
        }
    }

    /// Held by the caller alone.
    private func endedLoop(_ kind: EngineKind) async throws -> EventLoop {
        let loop = try EventLoop(engine: kind.engine)
        await loop.shutDown()
        return loop
    }

    @Test("every shutdown returns, at the same time as another and after the end", arguments: EngineKind.allCases)
    func shutDownAgain(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        async let first: Void = loop.shutDown()
        async let second: Void = loop.shutDown()
        await first
        await second
        await loop.shutDown()
    }

    @Test("a shutdown of a loop that runs on its caller's thread returns when the run is over")
    func shutDownOfARun() async throws {
        let (loop, ending) = try await onThread {
            try EventLoop.run { loop in
                // Not on the loop, and in nobody's way there.
                (loop, start { await loop.shutDown() })
            }
        }
        try await ending.value
        await loop.shutDown()
    }

    @Test("a lookup that is under way ends with its loop", arguments: [EngineKind.native, .libevent])
    func lookup(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(300)
            // Whoever looks up connects to those who know. Nobody waits for so long: with the fault the delay ends.
            let fault = try SystemCallFault("connect:delay_enter=400000000")
            let loop = try EventLoop(engine: kind.engine)
            let asking = start {
                let host = "name.invalid"
                try await TCPConnection.connect(toHost: host, port: 1, on: loop, within: .seconds(300)) { _ in }
            }
            try waitForThread(named: "name-lookup")
            await loop.shutDown()
            let outcome = await asking.result
            fault.end()
            let error = #expect(throws: IOError.self) { try outcome.get() }
            try #require(error?.code == .closed, "\(outcome)")
        }
    }

    /// The base belongs to the thread that runs it again.
    @Test("a lookup on a loop that has ended touches no base that others go on with")
    func lateLookup() async throws {
        let asking = try await onThread {
            let base = try EventBase()
            let loop = try EventLoop.run(on: base) { $0 }
            let poster = try base.poster()
            let running = Collected<Void>()
            let asking = start {
                defer { poster.post { $0.stop() } }
                try await running.wait()
                try await TCPConnection.connect(toHost: "localhost", port: 1, on: loop) { _ in }
            }
            poster.post { _ in running.add(()) }
            try base.run()
            return asking
        }
        let error = await #expect(throws: IOError.self) { try await asking.value }
        #expect(error?.code == .closed)
    }

    @Test("the loop of those who brought none is tried again after it could not be had")
    func sharedLoop() async {
        await #expect(processExitsWith: .success) {
            alarm(300)
            let listener = try Socket.listening(on: .loopback(port: 0))
            let address = try listener.localAddress()
            let loop = try EventLoop()
            try await Task(executorPreference: loop) {
                let limit = try DescriptorLimit()
                let error = await #expect(throws: IOError.self) {
                    try await TCPConnection.connect(to: address) { _ in }
                }
                limit.end()
                try #require(error?.code == .noDescriptors)
                try await TCPConnection.connect(to: address) { _ in }
            }.value
            _ = listener.fileDescriptor
        }
    }
}

private func waitForThread(named name: String) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !threadNames().contains(name) {
        try #require(ContinuousClock.now < deadline, "no thread \(name)")
        usleep(1000)
    }
}

private func threadNames() throws -> [String] {
    let folder = unsafe try #require(opendir("/proc/self/task"))
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
        let thread = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
            unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        }
        // It may have ended since.
        let file = try? FileDescriptor.open(FilePath("/proc/self/task/\(thread)/comm"), .readOnly)
        guard let file else { continue }
        defer { try? file.close() }
        var text = [UInt8](repeating: 0, count: 64)
        let count = (try? unsafe text.withUnsafeMutableBytes { unsafe try file.read(into: $0) }) ?? 0
        names.append(String(decoding: text.prefix(max(0, count - 1)), as: UTF8.self))
    }
    return names
}
