import CLinux
import EventLoops
import Glibc
import Libevent
import Sockets
import SystemPackage
import Testing

@Suite(.serialized, .onTestThread)
struct ConnectTests {
    @Test("a client asks and is answered", arguments: EngineKind.allCases)
    func client(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        try await withServer(kind, echo) { server in
            let answer = try await TCPConnection.connect(to: server.address, on: loop) { connection in
                try await connection.write("question")
                return try await connection.read()?.text
            }
            #expect(answer == "question")
        }
        await loop.shutDown()
    }

    @Test("a host name is looked up", arguments: [EngineKind.native, .libevent])
    func host(_ kind: EngineKind) async throws {
        try await withServer(kind, echo) { server in
            let port = try #require(server.address.port)
            // The last is no numeric address here, and needs no network: `getaddrinfo(3)` is asked for it.
            for host in ["localhost", "127.0.0.1", "127.1"] {
                let answer = try await TCPConnection.connect(toHost: host, port: port) { connection in
                    try await connection.write(host)
                    return try await connection.read()?.text
                }
                #expect(answer == host)
            }
        }
    }

    @Test(
        "a name that nobody has, and what is no name",
        arguments: [
            // Without a network, or with a broken one, it is not known whether the name exists.
            ("name.invalid", [IOError.Code.notFound, .nameServerFailed]), ("", [.invalidAddress]),
            ("a b", [.invalidAddress]), ("a\u{0}b", [.invalidAddress]),
        ]
    )
    func noHost(_ host: String, _ codes: [IOError.Code]) async throws {
        await #expect {
            try await TCPConnection.connect(toHost: host, port: 80, within: .seconds(120)) { _ in }
        } throws: {
            ($0 as? IOError).map { codes.contains($0.code) } ?? false
        }
    }

    @Test(
        "fault 33: a refused connect, one that is not answered, one that is cancelled",
        arguments: EngineKind.allCases
    )
    func failures(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        // Bound, but not listening: refused.
        let bound = try Socket.bound(to: .loopback(port: 0), .stream)
        let refused = try bound.localAddress()
        await #expect { try await TCPConnection.connect(to: refused, on: loop) { _ in } } throws: {
            ($0 as? IOError)?.code == .connectionRefused
        }
        // A listener whose backlog is full does not answer.
        let full = try Socket.listening(on: .loopback(port: 0), backlog: 0)
        let address = try full.localAddress()
        let filler = try Socket.connecting(to: address)
        var request = pollfd(fd: full.fileDescriptor.rawValue, events: CShort(CLINUX_POLL_READABLE), revents: 0)
        #expect(unsafe clinux_poll(&request, 1, 60_000) == 1)
        await #expect {
            try await TCPConnection.connect(to: address, on: loop, within: .milliseconds(100)) { _ in }
        } throws: {
            ($0 as? IOError)?.code == .timedOut
        }
        let task = start { try await TCPConnection.connect(to: address, on: loop, within: .seconds(60)) { _ in } }
        try await loop.sleep(for: .milliseconds(20))
        task.cancel()
        await #expect { try await task.value } throws: {
            ($0 as? IOError)?.code == .cancelled && ($0 as? IOError)?.operation == "connect"
        }
        // It has kept the queue full until here.
        #expect(filler.outcome == .inProgress)
        await loop.shutDown()
    }

    @Test(
        "a connect that is not answered is not closed as idle before its time is over",
        arguments: EngineKind.allCases
    )
    func idle(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let hole = try BlackHole(at: .loopback(port: 0))
        var options = StreamOptions()
        options.idle = .milliseconds(5)
        await #expect {
            try await TCPConnection.connect(to: hole.address, on: loop, within: .milliseconds(100), options: options) {
                _ in
            }
        } throws: {
            ($0 as? IOError)?.operation == "connect"
        }
        await loop.shutDown()
    }

    @Test("connecting to a unix path; to one where nothing is")
    func unix() async throws {
        try await withServer(.native, on: .unnamedUnix, echo) { server in
            let answer = try await TCPConnection.connect(to: server.address) { connection in
                try await connection.write("unix")
                return try await connection.read()?.text
            }
            #expect(answer == "unix")
        }
        let nowhere = try SocketAddress.unix(path: "/nowhere/at/all.sock")
        await #expect { try await TCPConnection.connect(to: nowhere) { _ in } } throws: {
            ($0 as? IOError)?.code == .notFound
        }
    }

    @Test(
        "what a client writes last is sent before the connection is closed",
        arguments: [EngineKind.native, .libevent]
    )
    func lastWords(_ kind: EngineKind) async throws {
        let received = Collected<Int>()
        try await withServer(kind) { connection in
            var count = 0
            while let chunk = try await connection.read() { count += chunk.count }
            received.add(count)
        } body: { server in
            try await TCPConnection.connect(to: server.address) { connection in
                try await connection.write([UInt8](repeating: 1, count: 2_000_000))
            }
            #expect(try await received.wait() == [2_000_000])
        }
    }

    @Test("an event_base that somebody else made is used beside its owner")
    func adopted() throws {
        let owner = try EventBase()
        var ticks = 0
        try owner.schedule(after: .milliseconds(1), every: .milliseconds(1)) { _ in ticks += 1 }
        let base = unsafe owner.withUnsafeHandle { raw in unsafe EventBase(unsafeAdopting: raw) }
        let text = try EventLoop.run(on: base) { loop in
            #expect(unsafe loop.withUnsafeEventBase { _ in true } == true)
            let server = try TCPServer(adopting: Socket.listening(on: .loopback(port: 0)), on: loop)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run(echo) }
                let text = try await TCPConnection.connect(to: server.address, on: loop) { connection in
                    try await loop.sleep(for: .milliseconds(20))
                    try await connection.write("hello")
                    return try await connection.read()?.text
                }
                server.shutDown(within: .zero)
                try await group.waitForAll()
                return text
            }
        }
        #expect(text == "hello")
        #expect(ticks > 0)
    }
}
