import EventLoops
import Sockets
import Testing

/// The kernel may choose the port that is asked for as the port of this end. Here it has no choice.
@Suite(.serialized, .onTestThread, .timeLimit(.minutes(5)))
struct SelfConnectTests {
    @Test(
        "a connection to itself is refused, and leaves the port to a server at once",
        .bug(id: "connect-to-itself"),
        arguments: EngineKind.allCases,
        [SocketAddress.loopback(port: 0), .loopbackIPv6(port: 0)]
    )
    func refused(_ kind: EngineKind, _ host: SocketAddress) async throws {
        let loop = try EventLoop(engine: kind.engine)
        // The kernel may give the port to a connection of another test in between; not each time.
        for _ in 0..<20 where try await isFreeAfterRefusal(host, loop) { return await loop.shutDown() }
        Issue.record("the port was never free for a server")
        await loop.shutDown()
    }

    /// Connects a port of a host to itself, which must be refused.
    ///
    /// - Returns: whether a server could have the port then.
    private func isFreeAfterRefusal(_ host: SocketAddress, _ loop: EventLoop) async throws -> Bool {
        // Free: nothing listens there.
        let dead = try Socket.bound(to: host, .stream).localAddress()
        do {
            try await TCPConnection.connect(to: dead, on: loop, using: Self.fromSamePort) { _ in
                _ = Issue.record("connected to itself")
            }
        } catch let error as IOError {
            guard error.code != .addressInUse else { return false }
            #expect(error.code == .connectionRefused)
            #expect(error.detail.hasPrefix("\(dead): "))
        }
        do throws(IOError) {
            return try TCPServer(on: dead, loops: [loop]).address == dead
        } catch {
            guard error.code == .addressInUse else { throw error }
            return false
        }
    }

    private static let fromSamePort = ConnectSeam { address throws(IOError) in
        let socket = try Socket.bound(to: address, .stream)
        let outcome = try socket.connect(to: address)
        return ConnectingSocket(socket: socket, outcome: outcome)
    }
}
