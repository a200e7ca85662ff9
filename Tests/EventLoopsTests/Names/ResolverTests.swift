import EventLoops
import FaultTools
import Glibc
import Sockets
import Synchronization
import SystemPackage
import Testing

/// Lookups of names by functions that are slow or fail, without a network.
@Suite(.serialized, .onTestThread, .timeLimit(.minutes(5)))
struct ResolverTests {
    private static let long = Duration.seconds(3600)

    /// A lookup that is held up, and what it was asked for.
    private final class SlowService: Sendable {
        let gate: Gate
        let asked = Collected<String>()
        private let current = Atomic(0)
        private let most = Atomic(0)

        init() throws {
            gate = try Gate()
        }

        var mostAtOnce: Int { most.load(ordering: .relaxed) }

        func resolver(mostThreads: Int) -> Resolver {
            Resolver(mostThreads: mostThreads) { [self] name in
                most.max(current.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
                defer { current.wrappingSubtract(1, ordering: .relaxed) }
                asked.add(name)
                gate.wait()
                return .success([.loopback(port: 0)])
            }
        }
    }

    private static func isRefused(_ resolver: Resolver, _ host: String, within limit: Duration = long) async throws
        -> Bool
    {
        do {
            // A port that is bound but does not listen: the lookup is over when it is refused.
            let bound = try Socket.bound(to: .loopback(port: 0), .stream)
            let port = try bound.localAddress().port ?? 0
            let seam = ConnectSeam(resolver: resolver)
            try await TCPConnection.connect(toHost: host, port: port, within: limit, using: seam) { _ in }
            return false
        } catch let error as IOError {
            guard error.code == .connectionRefused else { throw error }
            return true
        } catch {
            throw error
        }
    }

    private static func wait(until condition: () -> Bool) async throws {
        let loop = try EventLoop()
        while !condition() { try await loop.sleep(for: .milliseconds(1)) }
        await loop.shutDown()
    }

    @Test("more lookups than there are threads wait their turn", .bug(id: "too-many-lookups"))
    func turns() async throws {
        let service = try SlowService()
        let resolver = service.resolver(mostThreads: 4)
        let names = (0..<200).map { "host\($0).test" }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for name in names { group.addTask { try await Self.isRefused(resolver, name) } }
            try await Self.wait { resolver.pendingLookups == names.count }
            #expect(resolver.threads == 4)
            service.gate.open()
            for try await isRefused in group { #expect(isRefused) }
        }
        #expect(Set(service.asked.all) == Set(names))
        #expect(service.asked.all.count == names.count)
        #expect(service.mostAtOnce <= 4)
        #expect(resolver.threads <= 4)
    }

    @Test(
        "the system is asked for many names at once",
        .bug(id: "too-many-lookups"),
        arguments: [EngineKind.native, .libevent]
    )
    func realLookups(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let server = try TCPServer(on: .anyIPv4(port: 0), loops: [loop])
        let running = start { try await server.run(echo) }
        let port = try #require(server.address.port)
        try await withThrowingTaskGroup(of: SocketAddress?.self) { group in
            // `getaddrinfo(3)` takes such a name for 127.0.0.N, and needs no network.
            for number in 1...150 {
                group.addTask {
                    try await TCPConnection.connect(toHost: "127.\(number)", port: port, on: loop) { $0.peer }
                }
            }
            var peers: Set<SocketAddress> = []
            for try await case let peer? in group { peers.insert(peer) }
            #expect(peers == Set((1...150).map { .ipv4(127, 0, 0, $0, port: port) }))
        }
        server.shutDown(within: .zero)
        try await running.value
        await loop.shutDown()
    }

    @Test("equal questions in flight are asked once", .bug(id: "too-many-lookups"))
    func equalQuestions() async throws {
        let service = try SlowService()
        let resolver = service.resolver(mostThreads: 4)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { try await Self.isRefused(resolver, "one.test") } }
            try await Self.wait { resolver.pendingLookups == 50 }
            service.gate.open()
            for try await isRefused in group { #expect(isRefused) }
        }
        #expect(service.asked.all == ["one.test"])
        // Nothing is kept of the answer.
        #expect(try await Self.isRefused(resolver, "one.test"))
        #expect(service.asked.all.count == 2)
    }

    @Test(
        "numeric addresses and localhost need no thread",
        .bug(id: "too-many-lookups"),
        arguments: ["localhost", "LocalHost.", "a.localhost", "127.0.0.1", "[::ffff:127.0.0.1]"]
    )
    func knownHosts(_ host: String) async throws {
        let resolver = Resolver { _ in .failure(IOError("getaddrinfo", .nameServerFailed)) }
        #expect(try await Self.isRefused(resolver, host))
        #expect(resolver.threads == 0)
    }

    @Test("a lookup waits for a thread as long as it has time; one that nobody waits for any more is not begun")
    func deadlines() async throws {
        let service = try SlowService()
        let resolver = service.resolver(mostThreads: 1)
        let first = start { try await Self.isRefused(resolver, "first.test") }
        try await service.asked.wait()
        await #expect { try await Self.isRefused(resolver, "late.test", within: .milliseconds(20)) } throws: {
            ($0 as? IOError)?.code == .timedOut && ($0 as? IOError)?.detail == "late.test"
        }
        let cancelled = start { try await Self.isRefused(resolver, "cancelled.test") }
        let last = start { try await Self.isRefused(resolver, "last.test") }
        try await Self.wait { resolver.pendingLookups == 3 }
        cancelled.cancel()
        await #expect { try await cancelled.value } throws: { ($0 as? IOError)?.code == .cancelled }
        #expect(service.asked.all == ["first.test"])
        service.gate.open()
        #expect(try await first.value)
        #expect(try await last.value)
        #expect(service.asked.all == ["first.test", "last.test"])
    }

    @Test("a lookup whose task has gone keeps its thread, and answers whoever asks the same meanwhile")
    func abandoned() async throws {
        let service = try SlowService()
        let resolver = service.resolver(mostThreads: 1)
        await #expect { try await Self.isRefused(resolver, "slow.test", within: .milliseconds(20)) } throws: {
            ($0 as? IOError)?.code == .timedOut
        }
        try await service.asked.wait()
        #expect(resolver.threads == 1)
        #expect(resolver.pendingLookups == 0)
        let second = start { try await Self.isRefused(resolver, "slow.test") }
        try await Self.wait { resolver.pendingLookups == 1 }
        service.gate.open()
        #expect(try await second.value)
        #expect(service.asked.all == ["slow.test"])
    }

    @Test("a lookup ends with its loop", arguments: [EngineKind.native, .libevent])
    func loopEnds(_ kind: EngineKind) async throws {
        let service = try SlowService()
        let resolver = service.resolver(mostThreads: 1)
        let loop = try EventLoop(engine: kind.engine)
        let task = start {
            let seam = ConnectSeam(resolver: resolver)
            try await TCPConnection.connect(toHost: "slow.test", port: 1, on: loop, within: Self.long, using: seam) {
                _ in
            }
        }
        try await service.asked.wait()
        await loop.shutDown()
        await #expect { try await task.value } throws: { ($0 as? IOError)?.code == .closed }
        #expect(resolver.pendingLookups == 0)
        service.gate.open()
    }

    @Test("a thread serves one lookup after another, and ends when none has come for a while")
    func threads() async throws {
        let threads = Collected<UInt>()
        let answer: Resolver.LookUp = { _ in
            threads.add(UInt(pthread_self()))
            return .success([.loopback(port: 0)])
        }
        let patient = Resolver(idleTime: Self.long, lookUp: answer)
        for number in 0..<20 { #expect(try await Self.isRefused(patient, "host\(number).test")) }
        #expect(threads.all.count == 20)
        // Its thread may not be back yet when the next name comes.
        #expect(Set(threads.all).count < 20)
        let hasty = Resolver(idleTime: .milliseconds(1), lookUp: answer)
        for number in 0..<20 {
            #expect(try await Self.isRefused(hasty, "host\(number).test"))
            try await Self.wait { hasty.threads == 0 }
        }
    }

    @Test("the error of a lookup reaches all who wait for it")
    func failures() async throws {
        let failure = IOError("getaddrinfo", .nameServerFailed, detail: "gone.test: no answer")
        let resolver = Resolver { _ in .failure(failure) }
        for _ in 0..<3 {
            await #expect(throws: failure) { try await Self.isRefused(resolver, "gone.test") }
        }
        let empty = Resolver { _ in .success([]) }
        await #expect { try await Self.isRefused(empty, "empty.test") } throws: { ($0 as? IOError)?.code == .notFound }
    }

    /// -5 is EAI_NODATA, -9 EAI_ADDRFAMILY.
    private static let meaningsOfResults: [(CInt, CInt, IOError.Code)] = [
        (EAI_NONAME, 0, .notFound), (-5, 0, .notFound), (-9, 0, .notFound), (EAI_NONAME, EMSGSIZE, .notFound),
        (EAI_AGAIN, 0, .nameServerFailed), (EAI_FAIL, 0, .nameServerFailed), (EAI_MEMORY, 0, .noMemory),
        (EAI_AGAIN, EMFILE, .noDescriptors), (EAI_NONAME, EMFILE, .noDescriptors), (EAI_SYSTEM, EMFILE, .noDescriptors),
        (EAI_SYSTEM, ENFILE, .noDescriptors),
        (EAI_SYSTEM, ENOMEM, .noMemory), (EAI_SYSTEM, EACCES, .permissionDenied), (EAI_FAMILY, 0, .system),
    ]

    @Test(
        "every failure of getaddrinfo keeps its own meaning",
        .bug(id: "lookup-failures-alike"),
        arguments: meaningsOfResults
    )
    func meanings(_ result: CInt, _ errno: CInt, _ code: IOError.Code) {
        let error = IOError(lookingUp: "name.test", result, errno: Errno(rawValue: errno))
        #expect(error.code == code)
        #expect(error.operation == "getaddrinfo")
        #expect(error.detail.hasPrefix("name.test"))
    }

    @Test("a lookup without descriptors says so", .bug(id: "lookup-failures-alike"))
    func noDescriptors() async {
        await #expect(processExitsWith: .success) {
            alarm(500)
            let loop = try EventLoop()
            let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            var usual = rlimit()
            unsafe getrlimit(descriptors, &usual)
            var none = rlimit(rlim_cur: 0, rlim_max: usual.rlim_max)
            unsafe setrlimit(descriptors, &none)
            var failure: IOError?
            do {
                try await TCPConnection.connect(toHost: "name.invalid", port: 80, on: loop) { _ in }
            } catch {
                failure = error as? IOError
            }
            // A failed expectation needs descriptors.
            unsafe setrlimit(descriptors, &usual)
            try #require(failure?.code == .noDescriptors)
            await loop.shutDown()
        }
    }

    @Test(
        "an interface that does not exist is an invalid address, and no question of names; one that exists is kept",
        .bug(id: "lost-scope")
    )
    func scopes() async throws {
        let resolver = Resolver { _ in .failure(IOError("getaddrinfo", .nameServerFailed)) }
        for host in ["fe80::1%nosuch0", "[fe80::1%]", "fe80::1%0", "::g", "[localhost]"] {
            await #expect { try await Self.isRefused(resolver, host) } throws: {
                ($0 as? IOError)?.code == .invalidAddress
            }
        }
        let tried = Collected<SocketAddress>()
        let seam = ConnectSeam(resolver: resolver) { address throws(IOError) in
            tried.add(address)
            throw IOError("connect", errno: .networkUnreachable)
        }
        await #expect(throws: IOError.self) {
            try await TCPConnection.connect(toHost: "fe80::1%lo", port: 80, using: seam) { _ in }
        }
        #expect(tried.all == [try SocketAddress(parsing: "[fe80::1%lo]:80")])
    }
}
