import EventLoops
import Sockets
import Testing

/// Servers on several loops.
@Suite(.serialized, .onTestThread)
struct GroupTests {
    enum API: CaseIterable {
        case tasks, chunks
    }

    /// A server on two loops that tells on which loop each connection is, and echoes.
    private static func withGroup(
        _ kind: EngineKind,
        _ api: API,
        _ options: ServerOptions,
        on address: SocketAddress = .loopback(port: 0),
        _ body: (TCPServer, Collected<ObjectIdentifier>, Task<Void, any Error>) async throws -> Void
    ) async throws {
        let group = try EventLoopGroup(count: 2, engine: kind.engine)
        let server = try TCPServer(on: address, loops: group.loops, options: options)
        let used = Collected<ObjectIdentifier>()
        let running = start {
            switch api {
            case .tasks:
                try await server.run { connection in
                    used.add(ObjectIdentifier(connection.loop))
                    try await echo(connection)
                }
            case .chunks:
                try await server.run(eachConnection: { connection in
                    used.add(ObjectIdentifier(connection.loop))
                    return { chunk in try connection.write(chunk) }
                })
            }
        }
        try await body(server, used, running)
        await group.shutDown()
    }

    private static func options(_ spreading: Spreading) -> ServerOptions {
        var options = ServerOptions()
        options.spreading = spreading
        return options
    }

    /// Clients that have been served, on both of the loops.
    private static func peersOnBothLoops(
        of server: TCPServer,
        _ used: Collected<ObjectIdentifier>
    ) async throws -> [Peer] {
        var peers: [Peer] = []
        while Set(used.all).count < 2, peers.count < 200 {
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("x")
            #expect(try await peer.receiveText(1) == "x")
            peers.append(peer)
        }
        #expect(Set(used.all).count == 2)
        return peers
    }

    @Test(
        "cancelling what serves closes the connections of every loop",
        arguments: EngineKind.allCases,
        [Spreading.reusePort, .roundRobin]
    )
    func cancelled(_ kind: EngineKind, _ spreading: Spreading) async throws {
        for api in API.allCases {
            try await Self.withGroup(kind, api, Self.options(spreading)) { server, used, running in
                let peers = try await Self.peersOnBothLoops(of: server, used)
                running.cancel()
                for peer in peers { #expect(try await peer.receiveUntilEnd().isEmpty) }
                await #expect { try await running.value } throws: { ($0 as? IOError)?.code == .cancelled }
            }
        }
    }

    @Test(
        "a shut-down lets the connections of every loop go on, until its time is over",
        arguments: EngineKind.allCases,
        [Spreading.reusePort, .roundRobin]
    )
    func shutDown(_ kind: EngineKind, _ spreading: Spreading) async throws {
        for api in API.allCases {
            try await Self.withGroup(kind, api, Self.options(spreading)) { server, used, running in
                let peers = try await Self.peersOnBothLoops(of: server, used)
                server.shutDown(within: .seconds(3600))
                for peer in peers {
                    try await peer.send("y")
                    #expect(try await peer.receiveText(1) == "y")
                }
                server.shutDown(within: .milliseconds(1))
                for peer in peers { #expect(try await peer.receiveUntilEnd().isEmpty) }
                try await running.value
            }
        }
    }

    @Test("in turn, each loop gets as many connections as the other; unix too", arguments: EngineKind.allCases)
    func roundRobin(_ kind: EngineKind) async throws {
        for (api, address) in [(API.tasks, SocketAddress.loopback(port: 0)), (.chunks, .unnamedUnix)] {
            try await Self.withGroup(kind, api, Self.options(.roundRobin), on: address) { server, used, running in
                var peers: [Peer] = []
                for _ in 0..<20 { peers.append(try await Peer.connect(to: server.address)) }
                let loops = try await used.wait(for: 20)
                for loop in Set(loops) { #expect(loops.count(where: { $0 == loop }) == 10) }
                #expect(server.acceptedConnections == 20)
                for peer in peers {
                    try peer.finishWriting()
                    #expect(try await peer.receiveUntilEnd().isEmpty)
                }
                server.shutDown()
                try await running.value
            }
        }
    }

    @Test("in turn, the limit of connections holds for all loops together", arguments: EngineKind.allCases)
    func limit(_ kind: EngineKind) async throws {
        var options = Self.options(.roundRobin)
        options.mostConnections = 5
        for api in API.allCases {
            try await Self.withGroup(kind, api, options) { server, _, running in
                var peers: [Peer] = []
                for _ in 0..<15 { peers.append(try await Peer.connect(to: server.address)) }
                for peer in peers { try await peer.send("x") }
                // Each makes room for the next when it goes.
                for (number, peer) in peers.enumerated() {
                    #expect(try await peer.receiveText(1) == "x")
                    #expect(server.acceptedConnections <= number + 5)
                    try peer.finishWriting()
                    #expect(try await peer.receiveUntilEnd().isEmpty)
                }
                server.shutDown()
                try await running.value
            }
        }
    }

    @Test("loops share a socket that listens already; a unix address has no port to share", arguments: FaultTests.both)
    func adopted(_ kind: EngineKind) async throws {
        let group = try EventLoopGroup(count: 2, engine: kind.engine)
        #expect(group.next() !== group.next())
        #expect(throws: IOError.self) { try TCPServer(on: .unnamedUnix, loops: group.loops) }
        #expect(throws: IOError.self) { try TCPServer(on: .loopback(port: 0), loops: []) }
        let socket = try Socket.listening(on: .loopback(port: 0))
        let server = try TCPServer(adopting: socket, loops: group.loops)
        let running = start { try await server.run(echo) }
        for _ in 0..<4 {
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("x")
            #expect(try await peer.receiveText(1) == "x")
        }
        server.shutDown(within: .zero)
        try await running.value
        await group.shutDown()
    }

    @Test(
        "a server ends with `closed` when one of its loops has ended or ends",
        .bug(id: "group-listener-lost"),
        arguments: EngineKind.allCases,
        [0, 1]
    )
    func oneLoopEnds(_ kind: EngineKind, _ ending: Int) async throws {
        for (isRunning, spreading) in [(false, Spreading.roundRobin), (true, .roundRobin), (true, .reusePort)] {
            for api in API.allCases {
                let group = try EventLoopGroup(count: 2, engine: kind.engine)
                let reports = Collected<any Error>()
                var options = Self.options(spreading)
                options.onError = { reports.add($0) }
                let server = try TCPServer(on: .loopback(port: 0), loops: group.loops, options: options)
                if !isRunning { await group.loops[ending].shutDown() }
                let running = start {
                    switch api {
                    case .tasks: try await server.run(echo)
                    case .chunks: try await server.run { connection, chunk in try connection.write(chunk) }
                    }
                }
                if isRunning {
                    let peer = try await Peer.connect(to: server.address)
                    try await peer.send("x")
                    #expect(try await peer.receiveText(1) == "x")
                    try peer.finishWriting()
                    await group.loops[ending].shutDown()
                    try await reports.wait()
                    #expect(reports.all.allSatisfy { ($0 as? IOError)?.code == .closed })
                    _ = try? await peer.receiveUntilEnd()
                }
                await #expect { try await running.value } throws: { ($0 as? IOError)?.code == .closed }
                await group.shutDown()
            }
        }
    }
}
