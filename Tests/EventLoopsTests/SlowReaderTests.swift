import EventLoops
import Glibc
import Sockets
import Synchronization
import Testing

/// A gigabyte for somebody who reads a kilobyte now and then. Each case has a process of its own, whose memory is looked at.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct SlowReaderTests {
    @Test(
        "fault 11: a task that sends a gigabyte is held, in flat memory",
        .bug(id: "slow-reader-memory"),
        arguments: EngineKind.allCases
    )
    func sender(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            try await SlowReader.hold(kind, isSendingAlone: true) { server, sent in
                try await server.run { connection in
                    guard let first = try await connection.read() else { return }
                    guard first.text == "send" else {
                        try await connection.write(first)
                        return try await echo(connection)
                    }
                    let piece = [UInt8](repeating: 7, count: 65_536)
                    for _ in 0..<(SlowReader.gigabyte / piece.count) {
                        try await connection.write(piece)
                        sent.add(piece.count)
                    }
                }
            }
        }
    }

    @Test(
        "fault 11: a task that echoes a gigabyte stops, in flat memory",
        .bug(id: "slow-reader-memory"),
        arguments: EngineKind.allCases
    )
    func tasks(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            try await SlowReader.hold(kind, isSendingAlone: false) { server, sent in
                try await server.run { connection in
                    while let chunk = try await connection.read() {
                        sent.add(chunk.count)
                        try await connection.write(chunk)
                    }
                }
            }
        }
    }

    @Test(
        "fault 11: a chunk handler that echoes a gigabyte stops, in flat memory",
        .bug(id: "slow-reader-memory"),
        arguments: EngineKind.allCases
    )
    func chunks(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            try await SlowReader.hold(kind, isSendingAlone: false) { server, sent in
                try await server.run { connection, chunk in
                    sent.add(chunk.count)
                    try connection.write(chunk)
                }
            }
        }
    }

    @Test(
        "fault 11: a chunk handler that collects its echoes stops, in flat memory",
        .bug(id: "slow-reader-memory"),
        arguments: EngineKind.allCases
    )
    func collectingChunks(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            try await SlowReader.hold(kind, isSendingAlone: false) { server, sent in
                try await server.run { connection, chunk in
                    sent.add(chunk.count)
                    var rest = chunk
                    while !rest.isEmpty {
                        try connection.writeLater(rest.extracting(first: 4096))
                        rest = rest.extracting(droppingFirst: 4096)
                    }
                }
            }
        }
    }
}

/// A peer that reads slowly, and what its server makes of that.
private enum SlowReader {
    static let gigabyte = 1 << 30
    /// What the kernel buffers on both sides, in both directions; Debian's limits are 6 and 4 MB.
    static let mostOnTheWay = 64 * 1_048_576
    static let mostGrowth = 32 * 1_048_576
    /// Half a minute of a kilobyte a second.
    static let kilobytes = 30

    final class Count: Sendable {
        private let value = Atomic(0)

        func add(_ more: Int) {
            value.wrappingAdd(more, ordering: .relaxed)
        }

        var total: Int { value.load(ordering: .relaxed) }
    }

    static func hold(
        _ kind: EngineKind,
        isSendingAlone: Bool,
        _ serve: @escaping @Sendable (TCPServer, Count) async throws -> Void
    ) async throws {
        alarm(500)
        let sent = Count()
        let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
        let running = Task { try await serve(server, sent) }
        let peer = try await Peer.connect(to: server.address)
        let other = try await Peer.connect(to: server.address)
        try await letLoopTurn(other)
        if isSendingAlone { try await peer.send("send") }

        let bytes = [UInt8](repeating: 7, count: isSendingAlone ? 0 : 1_048_576)
        try await pour(bytes, into: peer, other, sent)
        let held = sent.total
        let before = try ownMemory()
        for number in 1...kilobytes {
            _ = try await peer.receive(exactly: 1024)
            try await pour(bytes, into: peer, other, sent)
            // Room for a kilobyte may be taken in larger steps, but not more than there was.
            try #require(sent.total <= held + mostOnTheWay, "after \(number) KB")
        }
        try #require(held > 65_536 && held < mostOnTheWay)
        try #require(try ownMemory() - before < mostGrowth)
        server.shutDown(within: .zero)
        _ = await running.result
    }

    /// Offers bytes until nothing moves any more although the loop has had its chances.
    private static func pour(_ bytes: [UInt8], into peer: Peer, _ other: Peer, _ sent: Count) async throws {
        var quietTurns = 0
        while quietTurns < 3 {
            let before = sent.total
            let taken = bytes.isEmpty ? 0 : try peer.sendSome(bytes)
            try await letLoopTurn(other)
            // The other's bytes may be counted too.
            quietTurns = taken == 0 && sent.total <= before + turns ? quietTurns + 1 : 0
        }
    }

    private static let turns = 5

    /// Has the same loop serve somebody else.
    private static func letLoopTurn(_ other: Peer) async throws {
        for _ in 0..<turns {
            try await other.send("x")
            try #require(try await other.receiveText(1) == "x")
        }
    }
}
