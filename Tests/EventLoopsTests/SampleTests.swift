import EventLoops
import Sockets
import Testing

/// The samples of the documentation, as they stand there, but for the addresses.
@Suite(.serialized, .onTestThread)
struct SampleTests {
    private static func serveWithTasks(_ address: SocketAddress) async throws {
        try await TCPServer.serve(on: address) { connection in
            while let chunk = try await connection.read() {
                try await connection.write(chunk)
            }
        }
    }

    private static func serveWithChunks(_ address: SocketAddress) async throws {
        try await TCPServer.serve(on: address, engine: .libevent) { connection, chunk in
            try connection.write(chunk)
        }
    }

    private static func ask(_ port: UInt16) async throws -> String? {
        try await TCPConnection.connect(toHost: "localhost", port: port, within: .seconds(60)) { connection in
            try await connection.write("hello\n")
            return try await connection.loop.timeout(.seconds(60)) { try await connection.readLine() }
        }
    }

    /// The forms that the page advises instead of those on which the compiler crashes or does not end.
    private static func echo(_ connection: TCPConnection) async throws {
        do {
            while true {
                guard let chunk = try await connection.read() else { break }
                try await connection.write(chunk)
            }
        } catch {
            guard error.code == .closed else { throw error }
        }
    }

    private static func serveSafely(_ address: SocketAddress) async throws {
        try await TCPServer.serve(on: address, echo)
    }

    @Test("the servers and the client of the documentation", arguments: [serveWithTasks, serveWithChunks, serveSafely])
    func servers(_ serve: @escaping @Sendable (SocketAddress) async throws -> Void) async throws {
        // Bound, but not listening: nobody else is given the port, and who reuses the address can listen on it.
        let bound = try Socket.bound(to: .loopback(port: 0), .stream, options: .reuseAddress)
        let port = try #require(try bound.localAddress().port)
        let serving = start { try await serve(.loopback(port: port)) }
        var answer: String?
        // Until it listens.
        let deadline = ContinuousClock.now + .seconds(60)
        while answer == nil, ContinuousClock.now < deadline { answer = try? await Self.ask(port) }
        #expect(answer == "hello")
        serving.cancel()
        await #expect { try await serving.value } throws: { ($0 as? IOError)?.code == .cancelled }
        bound.close()
    }

    @Test("the timers of the documentation")
    func timers() async throws {
        let loop = try EventLoop()
        try await loop.sleep(for: .milliseconds(10))
        for await tick in loop.interval(every: .milliseconds(10)) where tick >= 3 { break }
        await loop.shutDown()
    }

    @Test("the server on several loops of the documentation")
    func group() async throws {
        let group = try EventLoopGroup(count: 2)
        var options = ServerOptions()
        options.spreading = .roundRobin
        let server = try TCPServer(on: .loopback(port: 0), loops: group.loops, options: options)
        #expect(server.acceptedConnections == 0)
        await group.shutDown()
    }

    @Test("the time-out of the documentation")
    func timeout() async throws {
        try await withServer(.native) { connection in
            let line = try await connection.loop.timeout(.seconds(30)) {
                try await connection.readLine()
            }
            try await connection.write(line ?? "")
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("in time\n")
            #expect(try await peer.receiveText(7) == "in time")
        }
    }
}
