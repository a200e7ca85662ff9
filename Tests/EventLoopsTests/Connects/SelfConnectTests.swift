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
        // Free: nothing listens there.
        let dead = try Socket.bound(to: host, .stream).localAddress()
        let error = await #expect(throws: IOError.self) {
            try await TCPConnection.connect(to: dead, on: loop, using: Self.fromSamePort) { _ in
                Issue.record("connected to itself")
            }
        }
        #expect(error?.code == .connectionRefused)
        #expect(error?.detail.hasPrefix("\(dead): ") == true)
        let server = try TCPServer(on: dead, loops: [loop])
        #expect(server.address == dead)
        await loop.shutDown()
    }

    private static let fromSamePort = ConnectSeam { address throws(IOError) in
        let socket = try Socket.bound(to: address, .stream)
        let outcome = try socket.connect(to: address)
        return ConnectingSocket(socket: socket, outcome: outcome)
    }
}
