import Libevent
import Readiness
import Sockets
import Testing

@Suite("EventBuffer: the buffers of a stream")
struct StreamBufferTests {
    /// A stream on one end of a pair, and the other end.
    private struct Ends {
        let base: EventBase
        let stream: BufferEvent
        let peer: SocketBox
    }

    private func makeEnds(on base: EventBase) throws -> Ends {
        let peer = try SocketBox()
        return Ends(base: base, stream: try BufferEvent(adopting: peer.takeFirst(), on: base), peer: peer)
    }

    /// Turns the base until the peer has got so many bytes.
    private func receive(_ count: Int, _ ends: Ends) throws -> [UInt8] {
        let received = try EventBuffer()
        for _ in 0..<10_000 where received.count < count {
            try ends.base.run(.withoutWaiting)
            while case .bytes = try received.read(from: ends.peer.second) {}
        }
        return try received.removeBytes(received.count)
    }

    @Test("a file goes out by sendfile, between other bytes")
    func file() throws {
        let ends = try makeEnds(on: try EventBase())
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
        let segment = try FileSegment(try temporaryFile(bytes), from: 5)
        try ends.stream.output.append("head")
        try ends.stream.output.append(segment)
        try ends.stream.output.append("tail")
        expectError(.unsupported) { try ends.stream.output.copyBytes(4) }
        let expected = Array("head".utf8) + bytes[5...] + Array("tail".utf8)
        #expect(try receive(expected.count, ends) == expected)
        try ends.stream.output.append("more")
        #expect(try ends.stream.output.copyBytes(4) == Array("more".utf8))
    }

    @Test("one message goes to many streams without copies, and is released on the loop after the last")
    func broadcast() throws {
        let base = try EventBase()
        let all = try (0..<3).map { _ in try makeEnds(on: base) }
        let text = UnsafeMutableRawBufferPointer.allocate(byteCount: 5, alignment: 1)
        unsafe text.copyBytes(from: "hello".utf8)
        var releases = 0
        do {
            let message = try EventBuffer()
            try unsafe message.append(referencing: UnsafeRawBufferPointer(text)) {
                releases += 1
                for ends in all { expectError(.busy) { try ends.stream.output.append("x") } }
                unsafe text.deallocate()
            }
            for ends in all { try ends.stream.output.append(referencing: message) }
        }
        #expect(releases == 0)
        for ends in all { #expect(try receive(5, ends) == Array("hello".utf8)) }
        #expect(releases == 1)
    }

    @Test("what arrives is reported as a change of the input")
    func observedInput() throws {
        let ends = try makeEnds(on: try EventBase())
        var added = 0
        try ends.stream.input.onSizeChange { (_, change) in added += change.added }
        try ends.stream.enable(.readable)
        let bytes = [UInt8](repeating: 7, count: 10_000)
        #expect(try ends.peer.second.write(bytes.span) == .bytes(10_000))
        for _ in 0..<10_000 where added < 10_000 { try ends.base.run(.withoutWaiting) }
        #expect(added == 10_000 && ends.stream.input.count == 10_000)
    }

    @Test("a stream and its base may end while its bytes are being read")
    func endsUnderView() throws {
        var ends: Ends? = try makeEnds(on: try EventBase())
        try ends?.stream.output.append("still here")
        let output = try #require(ends?.stream.output)
        let seen = try output.withSegments { (segments) throws(IOError) in
            ends?.stream.abort()
            ends?.base.close()
            ends = nil
            expectError(.closed) { try output.append("x") }
            return segments[0][9]
        }
        #expect(seen == UInt8(ascii: "e"))
        #expect(output.isEmpty)
    }
}
