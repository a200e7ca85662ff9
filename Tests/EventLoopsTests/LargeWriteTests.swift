import EventLoops
import FaultTools
import Sockets
import Testing

/// A write that is larger than what the kernel takes in one call.
@Suite(.serialized, .onTestThread)
struct LargeWriteTests {
    /// Smaller where every byte costs a sanitizer's memory.
    private static let size = isSanitized ? 1 << 26 + 4096 : 1 << 31 + 4096

    @Test(
        "a task writes more than 2 GiB at once",
        .bug(id: "more-than-2-gib"),
        arguments: [EngineKind.native, .libevent]
    )
    func task(_ kind: EngineKind) async throws {
        let bytes = try LargeMapping(Self.size)
        try bytes.withMutableSpan { (span) throws(IOError) in
            span[0] = 1
            span[span.count - 1] = 2
        }
        try await withServer(kind) { connection in
            try await connection.write(bytes.span)
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            #expect(try await peer.receive(exactly: 1) == [1])
            try await peer.discard(bytes.count - 2)
            #expect(try await peer.receiveUntilEnd() == [2])
        }
    }
}
