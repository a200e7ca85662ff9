import EventLoops
import FaultTools
import Sockets
import SystemPackage
import Testing

/// Connections that are closed while their peers still send. A close with unread input is a reset, and a reset takes from
/// the peer what it has not read yet.
@Suite(.serialized, .onTestThread)
struct LingeringCloseTests {
    /// How the server ends a connection after its answer.
    enum Way: CaseIterable {
        case taskReturns, taskCloses, chunkHandlerCloses
    }

    /// More than the peer's kernel takes while the peer does not read.
    private static let answer = variedBytes(8_000_000)

    private static func withAnsweringServer(
        _ kind: EngineKind,
        _ way: Way,
        linger: Duration,
        _ answer: [UInt8],
        body: (TCPServer) async throws -> Void
    ) async throws {
        var options = ServerOptions()
        options.stream.linger = linger
        switch way {
        case .taskReturns, .taskCloses:
            try await withServer(kind, options: options) { connection in
                _ = try await connection.read()
                try await connection.write(answer)
                if way == .taskCloses { try await connection.close() }
            } body: { server in
                try await body(server)
            }
        case .chunkHandlerCloses:
            try await withChunkServer(kind, options: options) { connection, _ in
                try connection.write(answer.span)
                connection.close()
            } body: { server in
                try await body(server)
            }
        }
    }

    @Test(
        "a peer that goes on sending gets the whole answer, and then the end",
        .bug(id: "close-with-unread-input"),
        arguments: EngineKind.allCases,
        Way.allCases
    )
    func wholeAnswer(_ kind: EngineKind, _ way: Way) async throws {
        try await Self.withAnsweringServer(kind, way, linger: .seconds(600), Self.answer) { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("request")
            // The server has begun to answer.
            var received = try await peer.receive(exactly: 1)
            let sending = start { try await peer.send([UInt8](repeating: 0, count: 1_048_576)) }
            // From here on the server reads what the peer sends.
            received += try await peer.receive(exactly: Self.answer.count - 1)
            try await sending.value
            // The end is orderly: a reset would be an error here.
            let rest = try await peer.receive()
            #expect(received == Self.answer && rest.isEmpty)
        }
    }

    @Test(
        "a peer that reads only after it has sent everything gets the answer, and then the end",
        .bug(id: "close-with-unread-input"),
        arguments: EngineKind.allCases,
        Way.allCases
    )
    func lateReader(_ kind: EngineKind, _ way: Way) async throws {
        try await Self.withAnsweringServer(kind, way, linger: .seconds(600), Array("bye\n".utf8)) { server in
            for _ in 0..<5 {
                let peer = try await Peer.connect(to: server.address)
                try await peer.send([UInt8](repeating: 0, count: 1_048_576))
                try await peer.send("and one more")
                let answer = try await peer.receiveUntilEnd()
                #expect(String(decoding: answer, as: UTF8.self) == "bye\n")
            }
        }
    }

    @Test(
        "a peer that never stops sending is cut off when the time for it is over",
        .bug(id: "close-with-unread-input"),
        arguments: EngineKind.allCases,
        Way.allCases
    )
    func endless(_ kind: EngineKind, _ way: Way) async throws {
        try await Self.withAnsweringServer(kind, way, linger: .milliseconds(50), Array("bye\n".utf8)) { server in
            let peer = try await Peer.connect(to: server.address)
            await #expect(throws: IOError.self) {
                while true { try await peer.send([UInt8](repeating: 0, count: 65_536)) }
            }
        }
    }

    @Test("an abort resets at once", .bug(id: "close-with-unread-input"), arguments: EngineKind.allCases)
    func abort(_ kind: EngineKind) async throws {
        let isSent = Collected<Void>()
        try await withServer(kind) { connection in
            try await isSent.wait()
            // The input stays unread.
            connection.abort()
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("input")
            isSent.add(())
            await #expect { try await peer.receiveUntilEnd() } throws: {
                ($0 as? IOError)?.code == .connectionReset
            }
        }
    }
}
