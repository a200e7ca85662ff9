import EventLoops
import Sockets
import SystemPackage
import Testing

/// Clients that do nothing or go away at the worst moment, and servers that have nothing to do.
@Suite(.serialized, .onTestThread)
struct HostileClientTests {
    /// Connects and resets at once, again and again.
    private static func resetRepeatedly(_ address: SocketAddress, _ count: Int) async throws {
        try await onThread {
            for _ in 0..<count {
                let socket = try Socket.connecting(to: address).intoSocket()
                try socket.set(.linger, to: .seconds(0))
                socket.close()
            }
        }
    }

    @Test(
        "clients that reset at once do not end the server, and others are served meanwhile",
        .bug(id: "reset-before-accept"),
        arguments: EngineKind.allCases
    )
    func resets(_ kind: EngineKind) async throws {
        try await withServer(kind, echo) { server in
            let peer = try await Peer.connect(to: server.address)
            async let resetting: Void = Self.resetRepeatedly(server.address, 1000)
            for _ in 0..<20 {
                try await peer.send("x")
                #expect(try await peer.receiveText(1) == "x")
            }
            try await resetting
            let late = try await Peer.connect(to: server.address)
            try await late.send("y")
            #expect(try await late.receiveText(1) == "y")
        }
    }

    @Test(
        "silent clients and clients that do not read do not keep a server from ending",
        .bug(id: "silent-client"),
        arguments: EngineKind.allCases
    )
    func silent(_ kind: EngineKind) async throws {
        let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
        let running = start {
            try await server.run { connection in
                guard let chunk = try await connection.read() else { return }
                guard chunk.text == "much" else { return try await connection.write(chunk) }
                while true { try await connection.write([UInt8](repeating: 0, count: 65_536)) }
            }
        }
        var peers: [Peer] = []
        for number in 0..<60 {
            let peer = try await Peer.connect(to: server.address)
            if number % 6 == 0 { try await peer.send("much") }
            peers.append(peer)
        }
        let busy = try await Peer.connect(to: server.address)
        try await busy.send("x")
        #expect(try await busy.receiveText(1) == "x")
        server.shutDown(within: .milliseconds(50))
        try await running.value
        #expect(server.acceptedConnections == 61)
        #expect(try await busy.receiveUntilEnd().isEmpty)
    }

    enum Idleness: CaseIterable {
        case alone, withConnections, atItsLimit, halfClosed
    }

    @Test(
        "a server that has nothing to do makes no waits",
        .bug(id: "idle-server-not-idle"),
        arguments: EngineKind.allCases,
        Idleness.allCases
    )
    func idle(_ kind: EngineKind, _ idleness: Idleness) async throws {
        let loop = try EventLoop(engine: kind.engine)
        var options = ServerOptions()
        options.mostConnections = 20
        let server = try TCPServer(on: .loopback(port: 0), loops: [loop], options: options)
        let running = start {
            try await server.run { connection in
                try await echo(connection)
                // The peer has finished, and this side has not.
                try await connection.loop.sleep(for: .seconds(3600))
            }
        }
        var peers: [Peer] = []
        for _ in 0..<(idleness == .alone ? 0 : 20) {
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("x")
            #expect(try await peer.receiveText(1) == "x")
            if idleness == .halfClosed { try peer.finishWriting() }
            peers.append(peer)
        }
        // They wait in the kernel, and the listening socket stays readable.
        if idleness == .atItsLimit { for _ in 0..<3 { peers.append(try await Peer.connect(to: server.address)) } }
        let thread = await Task(executorPreference: loop) { currentThread() }.value
        #expect(try await comesToRest(thread))
        running.cancel()
        _ = await running.result
        await loop.shutDown()
    }

    /// Whether a thread waits through some while without being woken.
    private func comesToRest(_ thread: String) async throws -> Bool {
        for _ in 0..<50 {
            let before = try switches(of: thread)
            try await ContinuousClock().sleep(for: .milliseconds(100))
            if try switches(of: thread) == before { return true }
        }
        return false
    }

    /// How often a thread has gone to sleep (`proc(5)`).
    private func switches(of thread: String) throws -> String {
        let file = try FileDescriptor.open(FilePath("/proc/\(thread)/status"), .readOnly)
        defer { try? file.close() }
        var text = [UInt8](repeating: 0, count: 4096)
        let count = try unsafe text.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
        let lines = String(decoding: text.prefix(count), as: UTF8.self).split(separator: "\n")
        return try #require(lines.first { $0.hasPrefix("voluntary_ctxt_switches") }.map(String.init))
    }
}
