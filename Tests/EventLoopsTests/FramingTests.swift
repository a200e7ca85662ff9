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
