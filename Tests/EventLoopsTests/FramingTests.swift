import EventLoops
import Sockets
import Testing

@Suite(.serialized, .onTestThread)
struct FramingTests {
    @Test("lines come one by one, however they were cut", arguments: [EngineKind.native, .libevent])
    func lines(_ kind: EngineKind) async throws {
        try await withServer(kind) { connection in
            while let line = try await connection.readLine() {
                try await connection.write("<\(line)>")
            }
            try await connection.write("end")
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("one\r\ntwo\nthr")
            #expect(try await peer.receiveText(10) == "<one><two>")
            try await peer.send("ee\n\nlast")
            #expect(try await peer.receiveText(9) == "<three><>")
            try peer.finishWriting()
            #expect(String(decoding: try await peer.receiveUntilEnd(), as: UTF8.self) == "<last>end")
        }
    }

    @Test("a line that is too long is an error, and what has come is kept", arguments: [EngineKind.native, .libevent])
    func longLine(_ kind: EngineKind) async throws {
        try await withServer(kind) { connection in
            do throws(IOError) {
                _ = try await connection.readLine(limit: 10)
            } catch {
                #expect(error.code == .outOfRange)
            }
            let rest = try await connection.read(exactly: 20)
            try await connection.write(rest ?? [])
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("0123456789abcdefghij")
            #expect(try await peer.receiveText(20) == "0123456789abcdefghij")
        }
    }

    @Test("an exact read takes no more and no less; read() gives the rest", arguments: [EngineKind.native, .libevent])
    func exact(_ kind: EngineKind) async throws {
        try await withServer(kind) { connection in
            let first = try await connection.read(exactly: 3)
            #expect(first == Array("abc".utf8))
            let rest = try await connection.read()
            #expect(rest?.text == "de")
            try await connection.write("go on")
            let large = try await connection.read(exactly: 200_000)
            #expect(large?.count == 200_000)
            #expect(try await connection.read(exactly: 0) == [])
            await #expect { try await connection.read(exactly: 10) } throws: {
                ($0 as? IOError)?.code == .connectionAborted
            }
            #expect(try await connection.read(exactly: 4) == Array("tail".utf8))
            #expect(try await connection.read(exactly: 1) == nil)
            #expect(try await connection.readLine() == nil)
            try await connection.write("done")
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("abcde")
            #expect(try await peer.receiveText(5) == "go on")
            try await peer.send([UInt8](repeating: 1, count: 200_000))
            try await peer.send("tail")
            try peer.finishWriting()
            #expect(try await peer.receiveText(4) == "done")
        }
    }

    struct Lines: CustomTestStringConvertible {
        let input: String
        let limit: Int
        /// What is read, a line or the code of an error after which the rest is read.
        let expected: [String]

        var testDescription: String { "\(input.debugDescription), at most \(limit)" }
    }

    @Test(
        "a line ends with LF or CRLF, and its limit counts neither, wherever the bytes are cut",
        .bug(id: "line-ending"),
        arguments: [
            Lines(input: "a\rb\r\nc\r", limit: 10, expected: ["a\rb", "c\r", "end"]),
            Lines(input: "\r\n\n\r\r\n\r", limit: 10, expected: ["", "", "\r", "\r", "end"]),
            Lines(input: "abc\r\nabc\n", limit: 3, expected: ["abc", "abc", "end"]),
            Lines(input: "abcd\r\n", limit: 3, expected: ["out of range", "abcd\r\n"]),
            Lines(input: "abc\r", limit: 3, expected: ["out of range", "abc\r"]),
            Lines(input: "abc\rd\n", limit: 3, expected: ["out of range", "abc\rd\n"]),
            Lines(input: "abc\r\r\n", limit: 4, expected: ["abc\r", "end"]),
        ],
        [false, true]
    )
    func lineEndings(_ lines: Lines, _ isCut: Bool) async throws {
        let read = Collected<String>()
        try await withServer(.native) { connection in
            do throws(IOError) {
                while let line = try await connection.readLine(limit: lines.limit) { read.add(line) }
                read.add("end")
            } catch {
                read.add(error.code.description)
                var rest: [UInt8] = []
                while let chunk = try await connection.read() { rest += chunk.bytes }
                read.add(String(decoding: rest, as: UTF8.self))
            }
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            let bytes = Array(lines.input.utf8)
            if isCut {
                for byte in bytes { try await peer.send([byte]) }
            } else {
                try await peer.send(bytes)
            }
            try peer.finishWriting()
            #expect(try await peer.receiveUntilEnd().isEmpty)
            #expect(read.all == lines.expected)
        }
    }

    @Test("two pieces written together arrive in order, also when the peer is slow", arguments: EngineKind.allCases)
    func vectored(_ kind: EngineKind) async throws {
        try await withServer(kind) { connection in
            try connection.set(.sendBuffer, to: 8192)
            let header = Array("header".utf8)
            let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
            try await connection.write(header.span, body.span)
            try await connection.write(body.span, header.span)
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            let all = try await peer.receiveUntilEnd()
            let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
            #expect(all == Array("header".utf8) + body + body + Array("header".utf8))
        }
    }
}
