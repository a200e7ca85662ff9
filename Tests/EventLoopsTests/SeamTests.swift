import EventLoops
import Sockets
import Testing

/// Delimiters and limits that fall between two reads. What a framed read returns must not depend on how the network cut
/// the bytes.
@Suite(.serialized, .onTestThread)
struct SeamTests {
    private static let both = [EngineKind.native, .libevent]

    /// What framed reads make of a text: each result, then what was left over when one of them threw.
    struct Framing: Sendable, CustomTestStringConvertible {
        let name: String
        let text: [UInt8]
        let expected: [String]
        var leftOver = ""
        let read: @Sendable (TCPConnection) async throws -> String?

        var testDescription: String { name }

        static func lines(_ text: String, limit: Int, _ expected: [String], leftOver: String = "") -> Framing {
            lines(Array(text.utf8), limit: limit, expected, leftOver: leftOver)
        }

        static func lines(_ text: [UInt8], limit: Int, _ expected: [String], leftOver: String = "") -> Framing {
            let name = "lines of \(limit) bytes in \(String(decoding: text, as: UTF8.self).debugDescription)"
            return Framing(name: name, text: text, expected: expected, leftOver: leftOver) { connection in
                try await connection.readLine(limit: limit)
            }
        }
    }

    private static let framings: [Framing] = [
        .lines(
            "one\r\ntwo\n\r\n\nthr\ree\r\nla\r\r\nst\r",
            limit: 100,
            ["one", "two", "", "", "thr\ree", "la\r", "st\r"]
        ),
        .lines([0, 13, 10, 0xC3, 10, 0xFF, 0x61, 13, 10], limit: 100, ["\0", "\u{FFFD}", "\u{FFFD}a"]),
        .lines("abcd\r\nabcd\nabcd", limit: 4, ["abcd", "abcd", "abcd"]),
        .lines("abc\nabcde\nrest\n", limit: 4, ["abc"], leftOver: "abcde\nrest\n"),
        .lines("abcde\r\nrest", limit: 4, [], leftOver: "abcde\r\nrest"),
        .lines("abcd\rx\nrest", limit: 4, [], leftOver: "abcd\rx\nrest"),
        .lines("abc\r\nabcde", limit: 4, ["abc"], leftOver: "abcde"),
        .lines("abcd\r", limit: 4, [], leftOver: "abcd\r"),
        .lines("\r\n\nx", limit: 0, ["", ""], leftOver: "x"),
        Framing(
            name: "bytes up to a zero",
            text: Array("ab\0\0\r\0abcd\0abcde\0".utf8),
            expected: ["ab", "", "\r", "abcd"],
            leftOver: "abcde\0"
        ) { connection in
            try await connection.read(until: 0, limit: 4).map { String(decoding: $0, as: UTF8.self) }
        },
        Framing(name: "4 bytes", text: Array("abc\nabc\rabc".utf8), expected: ["abc\n", "abc\r"], leftOver: "abc") {
            connection in
            try await connection.read(exactly: 4).map { String(decoding: $0, as: UTF8.self) }
        },
    ]

    /// A text as a whole, cut once at every place, and in single bytes.
    private static func segmentations(_ text: [UInt8]) -> [[[UInt8]]] {
        let cutOnce = (1..<text.count).map { [Array(text[..<$0]), Array(text[$0...])] }
        return [[text]] + cutOnce + [text.map { [$0] }]
    }

    /// Two servers on one loop: what one of them has been sent, it has read when the other has answered twice.
    private struct Servers {
        let loop: EventLoop
        let framed: TCPServer
        let echoing: TCPServer

        init(_ kind: EngineKind) throws {
            loop = try EventLoop(engine: kind.engine)
            framed = try TCPServer(on: .loopback(port: 0), loops: [loop])
            echoing = try TCPServer(on: .loopback(port: 0), loops: [loop])
        }

        func letReadAll(_ other: Peer) async throws {
            for _ in 0..<2 {
                try await other.send("x")
                #expect(try await other.receiveText(1) == "x")
            }
        }

        func run(
            _ handler: @escaping @Sendable (TCPConnection) async throws -> Void,
            body: (Servers, Peer) async throws -> Void
        ) async throws {
            let running = [start { try await framed.run(handler) }, start { try await echoing.run(echo) }]
            do {
                let other = try await Peer.connect(to: echoing.address)
                try await body(self, other)
            }
            for server in [framed, echoing] { server.shutDown(within: .seconds(60)) }
            for task in running { try await task.value }
            await loop.shutDown()
        }
    }

    @Test(
        "a framed read returns the same however the bytes are cut",
        .bug(id: "delimiter-on-the-seam"),
        arguments: both,
        framings
    )
    func framed(_ kind: EngineKind, _ framing: Framing) async throws {
        let results = Collected<([String], leftOver: String)>()
        try await Servers(kind).run { connection in
            var texts: [String] = []
            do {
                while let text = try await framing.read(connection) { texts.append(text) }
            } catch {
                let isTold = [.outOfRange, .connectionAborted].contains((error as? IOError)?.code)
                #expect(isTold, "\(error)")
            }
            var rest: [UInt8] = []
            while let chunk = try await connection.read() { rest += chunk.bytes }
            results.add((texts, leftOver: String(decoding: rest, as: UTF8.self)))
        } body: { servers, other in
            for segments in Self.segmentations(framing.text) {
                let peer = try await Peer.connect(to: servers.framed.address)
                for segment in segments {
                    try await peer.send(segment)
                    try await servers.letReadAll(other)
                }
                try peer.finishWriting()
                #expect(try await peer.receiveUntilEnd().isEmpty)
                let (texts, leftOver) = try #require(results.all.last)
                #expect(texts == framing.expected && leftOver == framing.leftOver, "\(segments)")
            }
        }
    }

    @Test(
        "a read that is cancelled between CR and LF loses nothing",
        .bug(id: "delimiter-on-the-seam"),
        arguments: both
    )
    func cancelled(_ kind: EngineKind) async throws {
        let reads = Collected<Task<String?, any Error>>()
        try await Servers(kind).run { connection in
            reads.add(Task(executorPreference: connection.loop) { try await connection.readLine() })
            await #expect { _ = try await reads.all[0].value } throws: { ($0 as? IOError)?.code == .cancelled }
            try await connection.write("!")
            while let line = try await connection.readLine() { try await connection.write("<\(line)>") }
        } body: { servers, other in
            let peer = try await Peer.connect(to: servers.framed.address)
            try await peer.send("abc\r")
            try await servers.letReadAll(other)
            try await reads.wait().first?.cancel()
            #expect(try await peer.receiveText(1) == "!")
            try await peer.send("\nde\r\n")
            #expect(try await peer.receiveText(9) == "<abc><de>")
        }
    }
}
