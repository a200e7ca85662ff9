import EventLoops
import FaultTools
import Sockets
import Testing

/// Peers that send a request, finish, and read nothing for a while.
@Suite(.serialized, .onTestThread)
struct HalfClosedTests {
    /// More than the kernel takes on both sides.
    private static let answer = variedBytes(8_000_000)

    enum Handler: CaseIterable {
        case task, chunks
    }

    @Test(
        "the loop rests while a peer that has finished does not read; then everything arrives",
        .bug(id: "half-closed-peer-spin"),
        arguments: EngineKind.allCases,
        Handler.allCases
    )
    func rests(_ kind: EngineKind, _ handler: Handler) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
        let requests = Collected<String>()
        let running = start {
            switch handler {
            case .task:
                try await server.run { connection in
                    while let chunk = try await connection.read() { requests.add(chunk.text) }
                    try await connection.write(Self.answer)
                }
            case .chunks:
                try await server.run { connection, chunk in
                    requests.add(unsafe chunk.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) })
                    try connection.write(Self.answer.span)
                }
            }
        }
        let peer = try await Peer.connect(to: server.address)
        try await peer.send("request")
        try peer.finishWriting()
        // The answer has begun, and has filled every buffer by the time that the loop rests.
        var received = try await peer.receive(exactly: 1)
        #expect(try await isIdle(loop))
        #expect(requests.all.joined() == "request")
        received += try await peer.receiveUntilEnd()
        #expect(received == Self.answer)
        server.shutDown(within: .seconds(60))
        try await running.value
        await loop.shutDown()
    }
}
