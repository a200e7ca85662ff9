import CLinux
import EventLoops
import FaultTools
import Glibc
import Readiness
import Sockets
import Synchronization
import SystemPackage
import Testing

/// Faults of the system around a loop. Those that touch the whole process have one of their own; who waits for it blocks a
/// thread, which must not be that of the tests.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct SystemFaultTests {
    @Test("fault 2: what the whole system lacks is reported; accepting pauses, and heals, native")
    func systemExhaustedNative() async {
        await #expect(processExitsWith: .success) { try await acceptFails("ENFILE", on: .native, isReported: true) }
    }

    @Test("fault 2: what the whole system lacks is reported; accepting pauses, and heals, libevent")
    func systemExhaustedLibevent() async {
        await #expect(processExitsWith: .success) { try await acceptFails("ENOMEM", on: .libevent, isReported: true) }
    }

    @Test(
        "fault 3: connections that failed while they waited are passed over, native",
        .bug(id: "aborted-while-waiting")
    )
    func passedOverNative() async {
        await #expect(processExitsWith: .success) { try await acceptFails("EPROTO", on: .native, isReported: false) }
    }

    @Test(
        "fault 3: connections that failed while they waited are passed over, libevent",
        .bug(id: "aborted-while-waiting")
    )
    func passedOverLibevent() async {
        await #expect(processExitsWith: .success) {
            try await acceptFails("ECONNABORTED", on: .libevent, isReported: false)
        }
    }

    @Test(
        "faults 6 and 7: a storm of signals hits a loop: timers are never early, no byte is lost",
        .bug(id: "interrupted-by-a-signal")
    )
    func signalStorm() async {
        await #expect(processExitsWith: .success) {
            alarm(500)
            for kind in EngineKind.allCases { try await serveUnderSignals(kind) }
        }
    }

    @Test(
        "fault 18: an out-of-band byte is no part of the stream, and keeps no loop busy",
        .onTestThread,
        arguments: EngineKind.allCases
    )
    func outOfBand(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
        async let running: Void = server.run(echo)
        let peer = try await Peer.connect(to: server.address)
        try await peer.send("ab")
        #expect(try await peer.receiveText(2) == "ab")
        try peer.sendUrgently(UInt8(ascii: "!"))
        try await peer.send("cd")
        #expect(try await peer.receiveText(2) == "cd")
        #expect(try await isIdle(loop))
        try peer.finishWriting()
        #expect(try await peer.receiveUntilEnd().isEmpty)
        server.shutDown()
        try await running
        await loop.shutDown()
    }

    @Test(
        "faults 20 and 23: a forked child has all that the loops have, and disturbs nobody",
        .bug(id: "descriptor-held-by-a-child")
    )
    func forked() async {
        await #expect(processExitsWith: .success) {
            alarm(500)
            for kind in EngineKind.allCases { try await serveBesideChild(kind) }
        }
    }

    @Test("fault 24: no descriptor of a loop, a server or a connection outlives an exec", .bug(id: "inherited-sockets"))
    func closeOnExec() async {
        await #expect(processExitsWith: .success) {
            alarm(500)
            // The first use of a thing may open descriptors that are not ours.
            _ = openDescriptors()
            let before = Set(openDescriptors())
            for kind in EngineKind.allCases {
                let loop = try EventLoop(engine: kind.engine)
                let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
                async let running: Void = server.run(echo)
                _ = try await loop.signals(.user1)
                let answer = try await TCPConnection.connect(to: server.address, on: loop) { connection in
                    try await connection.write("x")
                    let answer = try await connection.read()?.text
                    for number in openDescriptors() where !before.contains(number) {
                        try #require(fcntl(number, F_GETFD) & FD_CLOEXEC != 0, "descriptor \(number), \(kind)")
                    }
                    return answer
                }
                try #require(answer == "x")
                server.shutDown(within: .zero)
                try await running
                await loop.shutDown()
            }
        }
    }

    @Test("a server that never runs ends its loop: no descriptor is left")
    func neverRun() async {
        await #expect(processExitsWith: .success) {
            alarm(500)
            let before = openDescriptors().count
            for kind in EngineKind.allCases {
                for _ in 0..<10 { _ = try TCPServer(on: .loopback(port: 0), engine: kind.engine) }
            }
            // The threads that run tasks may open a few descriptors of their own meanwhile.
            while openDescriptors().count > before + 8 { await Task.yield() }
        }
    }

    @Test(
        "fault 29: a sleep of less than a millisecond sleeps, and is no busy loop",
        .bug(id: "short-wait-spins"),
        .onTestThread,
        arguments: EngineKind.allCases
    )
    func shortSleep(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let rounds = 50
        let waits = try await Task(executorPreference: loop) {
            let before = voluntarySwitches()
            for _ in 0..<rounds {
                let start = ContinuousClock.now
                try await loop.sleep(for: .microseconds(700))
                #expect(ContinuousClock.now - start >= .microseconds(700))
            }
            return voluntarySwitches() - before
        }.value
        // On a machine that is too slow a time may be over before the wait begins, but not each time.
        #expect(waits >= rounds / 10)
        await loop.shutDown()
    }

    @Test(
        "fault 39: a peer without an address is served, and is known to have none",
        .onTestThread,
        arguments: EngineKind.allCases
    )
    func unnamedPeer(_ kind: EngineKind) async throws {
        try await withServer(kind, on: .unnamedUnix) { connection in
            let peer = connection.peer
            try await connection.write("\(peer?.family == .unix) \(peer?.port == nil) \(peer == .unnamedUnix)")
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            #expect(String(decoding: try await peer.receiveUntilEnd(), as: UTF8.self) == "true true true")
        }
    }
}

// MARK: In processes of their own

/// Has accepting fail a few times, as the kernel may.
private func acceptFails(_ name: String, on kind: EngineKind, isReported: Bool) async throws {
    alarm(500)
    let reports = Collected<any Error>()
    var options = ServerOptions()
    options.onError = { reports.add($0) }
    try await withServer(kind, options: options, echo) { server in
        // When it answers, its loop's thread is there to be traced.
        let first = try await Peer.connect(to: server.address)
        try await first.send("a")
        try #require(try await first.receiveText(1) == "a")
        let fault = try SystemCallFault("accept4:error=\(name):when=1..2")
        let second = try await Peer.connect(to: server.address)
        try await second.send("b")
        try #require(try await second.receiveText(1) == "b")
        try await first.send("c")
        try #require(try await first.receiveText(1) == "c")
        fault.end()
        try #require(server.acceptedConnections == 2 && server.refusedConnections == 0)
    }
    try #require(reports.all.count == (isReported ? 2 : 0))
}

private let handledSignals = Atomic(0)

/// A thousand signals a second, whose handler does not ask for system calls to be restarted.
private func serveUnderSignals(_ kind: EngineKind) async throws {
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { _ in handledSignals.add(1, ordering: .relaxed) }
    unsafe sigaction(SIGUSR1, &action, nil)
    let loop = try EventLoop(engine: kind.engine)
    let target = await Task(executorPreference: loop) {
        // Threads inherit the mask of the concurrency pool, which blocks signals.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGUSR1)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        return UInt(pthread_self())
    }.value
    let isOver = Atomic(false)
    let before = handledSignals.load(ordering: .relaxed)
    async let storm: Void = onThread {
        while !isOver.load(ordering: .acquiring) {
            pthread_kill(pthread_t(target), SIGUSR1)
            usleep(1000)
        }
    }
    let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
    async let running: Void = server.run(echo)
    let bytes = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try await TCPConnection.connect(to: server.address, on: loop) { connection in
        async let writing: Void = connection.write(bytes)
        try #require(try await connection.read(exactly: bytes.count) == bytes)
        try await writing
        for _ in 0..<5 {
            let start = ContinuousClock.now
            try await loop.sleep(for: .milliseconds(10))
            try #require(ContinuousClock.now - start >= .milliseconds(10))
        }
    }
    server.shutDown()
    try await running
    while handledSignals.load(ordering: .relaxed) == before { try await loop.sleep(for: .milliseconds(1)) }
    isOver.store(true, ordering: .releasing)
    try await storm
    await loop.shutDown()
}

/// A child has the descriptors of the loop, of the server and of a connection that is then closed here.
private func serveBesideChild(_ kind: EngineKind) async throws {
    let loop = try EventLoop(engine: kind.engine)
    let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
    async let running: Void = server.run { connection in
        while let chunk = try await connection.read() {
            guard chunk.text != "close" else { return connection.abort() }
            try await connection.write(chunk)
        }
    }
    let (first, second) = (try await Peer.connect(to: server.address), try await Peer.connect(to: server.address))
    for peer in [first, second] {
        try await peer.send("x")
        try #require(try await peer.receiveText(1) == "x")
    }
    let child = try forkIdleChild()
    try await second.send("close")
    // The kernel still has the connection, for the child has it: what comes on it is nobody's business here.
    try await second.send("into the void")
    try await first.send("y")
    try #require(try await first.receiveText(1) == "y")
    // With a change list libevent takes a descriptor off after its close, which the kernel refuses while the child has it.
    if kind != .libeventChangelist { try #require(try await isIdle(loop), "\(kind)") }
    try #require(kill(child, SIGKILL) == 0 && waitpid(child, nil, 0) == child)
    try await first.send("z")
    try #require(try await first.receiveText(1) == "z")
    server.shutDown(within: .zero)
    try await running
    await loop.shutDown()
}

private func forkIdleChild() throws -> pid_t {
    let child = forkProcess()
    // It holds the test up for as long as it lives.
    while child == 0 { pause() }
    try #require(child > 0)
    return child
}

/// How often the calling thread has waited.
private func voluntarySwitches() -> Int {
    var usage = rusage()
    // RUSAGE_THREAD, which the Glibc module hides.
    unsafe getrusage(1, &usage)
    return usage.ru_nvcsw
}
