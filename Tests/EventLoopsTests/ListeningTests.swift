import CLinux
import EventLoops
import Glibc
import Readiness
import Sockets
import SystemPackage
import Testing

/// Who may listen where, and what becomes of connections that no loop has accepted yet.
@Suite(.serialized, .onTestThread)
struct ListeningTests {
    enum API: CaseIterable {
        case tasks, chunks

        func run(_ server: TCPServer) async throws {
            switch self {
            case .tasks: try await server.run(echo)
            case .chunks: try await server.run { connection, chunk in try connection.write(chunk) }
            }
        }
    }

    enum End: CaseIterable {
        case shutDown, shutDownNow, cancel
    }

    /// How a server is spread over its loops.
    struct Spread: CustomTestStringConvertible, Sendable {
        let loops: Int
        let spreading: Spreading

        static let all = [
            Spread(loops: 1, spreading: .reusePort), Spread(loops: 2, spreading: .reusePort),
            Spread(loops: 2, spreading: .roundRobin),
        ]

        var testDescription: String { "\(loops), \(spreading)" }

        var options: ServerOptions {
            var options = ServerOptions()
            options.spreading = spreading
            return options
        }
    }

    // MARK: Ports

    @Test(
        "a second server on a port that is in use is refused, whatever the number of loops",
        .bug(id: "shared-port"),
        arguments: FaultTests.both,
        Spread.all
    )
    func secondServer(_ kind: EngineKind, _ spread: Spread) async throws {
        let group = try EventLoopGroup(count: 2, engine: kind.engine)
        let loops = Array(group.loops.prefix(spread.loops))
        for address in [SocketAddress.loopback(port: 0), .loopbackIPv6(port: 0), .anyIPv6(port: 0)] {
            let first = try TCPServer(on: address, loops: loops, options: spread.options)
            for other in Spread.all {
                let loops = Array(group.loops.prefix(other.loops))
                #expect {
                    _ = try TCPServer(on: first.address, loops: loops, options: other.options)
                } throws: {
                    ($0 as? IOError)?.code == .addressInUse
                }
            }
            // A program that has nothing to do with this package.
            #expect(throws: IOError.self) { _ = try Socket.listening(on: first.address, options: .reuseAddress) }
        }
        await group.shutDown()
    }

    @Test("servers share a port when both ask for it by name", .bug(id: "shared-port"), arguments: Spread.all)
    func sharedByName(_ spread: Spread) async throws {
        let group = try EventLoopGroup(count: 2)
        let loops = Array(group.loops.prefix(spread.loops))
        var options = spread.options
        options.bind.insert(.reusePort)
        let first = try TCPServer(on: .loopback(port: 0), loops: loops, options: options)
        let second = try TCPServer(on: first.address, loops: loops, options: options)
        #expect(second.address == first.address)
        await group.shutDown()
    }

    @Test(
        "a server on port 0 has one port on all its loops, and no other server has it",
        .bug(id: "one-port"),
        arguments: EngineKind.allCases,
        [Spreading.reusePort, .roundRobin]
    )
    func onePort(_ kind: EngineKind, _ spreading: Spreading) async throws {
        let group = try EventLoopGroup(count: 4, engine: kind.engine)
        var options = ServerOptions()
        options.spreading = spreading
        let servers = try (0..<3).map { _ in
            try TCPServer(on: .loopback(port: 0), loops: group.loops, options: options)
        }
        #expect(Set(servers.map(\.address)).count == 3)
        let used = Collected<ObjectIdentifier>()
        let running = start {
            try await servers[0].run { connection in
                used.add(ObjectIdentifier(connection.loop))
                try await echo(connection)
            }
        }
        // The kernel chooses at random: that a loop is left out of 400 is out of the question.
        for number in 1...400 where Set(used.all).count < 4 {
            let peer = try await Peer.connect(to: servers[0].address)
            try await peer.send("x")
            #expect(try await peer.receiveText(1) == "x", "connection \(number)")
        }
        #expect(Set(used.all).count == 4)
        servers[0].shutDown(within: .zero)
        try await running.value
        await group.shutDown()
    }

    // MARK: The queue at the end

    /// Runs a server whose loops are held up while clients connect and send, and while it is ended.
    private static func endWithQueue(
        _ kind: EngineKind,
        _ spread: Spread,
        _ api: API,
        _ end: End,
        on address: SocketAddress = .loopback(port: 0),
        mostConnections: Int = 1000,
        _ body: ([Peer], TCPServer) async throws -> Void
    ) async throws {
        let group = try EventLoopGroup(count: spread.loops, engine: kind.engine)
        var options = spread.options
        options.mostConnections = mostConnections
        // The one turn that may come before the end is noticed takes few of them.
        options.acceptsPerTurn = 2
        let server = try TCPServer(on: address, loops: group.loops, options: options)
        let running = start { try await api.run(server) }
        let first = try await Peer.connect(to: server.address)
        try await first.send("x")
        #expect(try await first.receiveText(1) == "x")
        try first.finishWriting()
        #expect(try await first.receiveUntilEnd().isEmpty)

        let gates = try group.loops.map { try Gate(holding: $0) }
        for gate in gates { try await gate.isClosed.wait() }
        var peers: [Peer] = []
        for _ in 0..<20 {
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("x")
            peers.append(peer)
        }
        switch end {
        case .shutDown: server.shutDown(within: .seconds(3600))
        case .shutDownNow: server.shutDown(within: .zero)
        case .cancel: running.cancel()
        }
        for gate in gates { gate.open() }
        try await body(peers, server)
        switch end {
        case .cancel: await #expect { try await running.value } throws: { ($0 as? IOError)?.code == .cancelled }
        case .shutDown, .shutDownNow: try await running.value
        }
        await group.shutDown()
    }

    /// Keeps a loop from doing anything.
    private final class Gate: Sendable {
        let isClosed = Collected<Void>()
        private let opening: Waker

        init(holding loop: EventLoop) throws {
            opening = try Waker()
            Task(executorPreference: loop) { [self] in
                isClosed.add(())
                var request = pollfd(fd: opening.fileDescriptor.rawValue, events: CShort(POLLIN), revents: 0)
                #expect(unsafe clinux_poll(&request, 1, 60_000) == 1)
            }
        }

        func open() {
            opening.wake()
        }
    }

    @Test(
        "a shutdown serves the connections that the kernel has completed",
        .bug(id: "queue-at-shutdown"),
        arguments: EngineKind.allCases,
        Spread.all
    )
    func queueIsServed(_ kind: EngineKind, _ spread: Spread) async throws {
        for api in API.allCases {
            try await Self.endWithQueue(kind, spread, api, .shutDown) { peers, server in
                for peer in peers {
                    #expect(try await peer.receiveText(1) == "x")
                    try peer.finishWriting()
                    #expect(try await peer.receiveUntilEnd().isEmpty)
                }
                #expect(server.acceptedConnections == 21 && server.refusedConnections == 0)
            }
        }
    }

    @Test(
        "whatever ends a server, the clients in its queue read an end and no reset",
        .bug(id: "queue-at-shutdown"),
        arguments: EngineKind.allCases,
        [End.shutDownNow, .cancel]
    )
    func queueIsEnded(_ kind: EngineKind, _ end: End) async throws {
        for (spread, address) in [
            (Spread.all[0], SocketAddress.loopback(port: 0)), (Spread.all[1], .loopback(port: 0)),
            (Spread.all[2], .loopback(port: 0)), (Spread.all[0], .unnamedUnix),
        ] {
            for api in API.allCases {
                try await Self.endWithQueue(kind, spread, api, end, on: address) { peers, server in
                    // Those that one more turn has accepted are closed at once, with what they have sent.
                    var resets = 0
                    for peer in peers {
                        do {
                            let text = try await peer.receiveUntilEnd()
                            #expect(text.isEmpty || text == [UInt8(ascii: "x")])
                        } catch {
                            resets += 1
                        }
                    }
                    #expect(resets <= server.acceptedConnections - 1)
                    #expect(server.acceptedConnections + server.refusedConnections == 21)
                    #expect(server.refusedConnections >= 16)
                }
            }
        }
    }

    @Test(
        "a shutdown serves as many of its queue as the limit admits, and ends the others without a reset",
        .bug(id: "queue-at-shutdown"),
        arguments: FaultTests.both,
        Spread.all
    )
    func queueAboveTheLimit(_ kind: EngineKind, _ spread: Spread) async throws {
        try await Self.endWithQueue(kind, spread, .chunks, .shutDown, mostConnections: 5) { peers, server in
            var served = 0
            for peer in peers {
                try peer.finishWriting()
                if try await peer.receiveUntilEnd() == [UInt8(ascii: "x")] { served += 1 }
            }
            #expect(served >= 5 && served == server.acceptedConnections - 1)
            #expect(server.acceptedConnections + server.refusedConnections == 21)
        }
    }

    // MARK: Limits

    @Test("a limit that would serve no connection is refused", .bug(id: "connection-limit"), arguments: [0, -1, .min])
    func noConnections(_ most: Int) async throws {
        let loop = try EventLoop()
        var options = ServerOptions()
        options.mostConnections = most
        for spreading in [Spreading.reusePort, .roundRobin] {
            options.spreading = spreading
            let error = #expect(throws: IOError.self) {
                _ = try TCPServer(on: .loopback(port: 0), loops: [loop], options: options)
            }
            #expect(error?.code == .invalidArgument && error?.detail.contains("mostConnections") == true)
        }
        await loop.shutDown()
    }

    @Test(
        "the limit of connections holds for all loops together",
        .bug(id: "connection-limit"),
        arguments: EngineKind.allCases,
        Spread.all
    )
    func limit(_ kind: EngineKind, _ spread: Spread) async throws {
        let group = try EventLoopGroup(count: spread.loops, engine: kind.engine)
        var options = spread.options
        options.mostConnections = 5
        for api in API.allCases {
            let server = try TCPServer(on: .loopback(port: 0), loops: group.loops, options: options)
            let running = start { try await api.run(server) }
            var peers: [Peer] = []
            for _ in 0..<40 { peers.append(try await Peer.connect(to: server.address)) }
            for peer in peers { try await peer.send("x") }
            // The kernel may have put any of them into any of the queues, so that any may be among the first.
            var waiting = peers
            var served = 0
            while !waiting.isEmpty {
                var left: [Peer] = []
                for peer in waiting {
                    guard try peer.receiveNow() == [UInt8(ascii: "x")] else {
                        left.append(peer)
                        continue
                    }
                    #expect(server.acceptedConnections <= served + 5)
                    try peer.finishWriting()
                    served += 1
                    #expect(try await peer.receiveUntilEnd().isEmpty)
                }
                if left.count == waiting.count { sched_yield() }
                waiting = left
            }
            #expect(server.acceptedConnections == 40)
            server.shutDown()
            try await running.value
        }
        await group.shutDown()
    }

    @Test(
        "a connection that only waits for its peer's end does not count",
        .bug(id: "connection-limit"),
        arguments: EngineKind.allCases
    )
    func lingering(_ kind: EngineKind) async throws {
        var options = ServerOptions()
        options.mostConnections = 1
        options.stream.linger = .seconds(3600)
        let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine, options: options)
        let running = start { try await server.run { connection in try await connection.write("bye") } }
        // None of them ends the connection.
        var peers: [Peer] = []
        for _ in 0..<5 {
            let peer = try await Peer.connect(to: server.address)
            #expect(try await peer.receiveUntilEnd() == Array("bye".utf8))
            peers.append(peer)
        }
        #expect(server.acceptedConnections == 5)
        server.shutDown(within: .zero)
        try await running.value
    }

    @Test("a server is refused on a loop that has ended", .bug(id: "ended-loop"), arguments: EngineKind.allCases)
    func endedLoop(_ kind: EngineKind) async throws {
        let group = try EventLoopGroup(count: 2, engine: kind.engine)
        await group.loops[1].shutDown()
        for loops in [group.loops, [group.loops[1]]] {
            let made = #expect(throws: IOError.self) { _ = try TCPServer(on: .loopback(port: 0), loops: loops) }
            #expect(made?.code == .closed)
            let adopted = #expect(throws: IOError.self) {
                _ = try TCPServer(adopting: Socket.listening(on: .loopback(port: 0)), loops: loops)
            }
            #expect(adopted?.code == .closed)
        }
        await group.shutDown()
    }
}
