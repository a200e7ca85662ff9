import Libevent
import Readiness
import Sockets
import Testing

@Suite("EventBuffer: views, copies, searches, lines")
struct EventBufferReadingTests {
    /// A buffer of several blocks, none joined with the next.
    private func blocks(_ parts: [String]) throws -> EventBuffer {
        let buffer = try EventBuffer()
        for part in parts {
            let block = try EventBuffer()
            try block.append(part)
            try buffer.move(from: block)
        }
        return buffer
    }

    @Test("segments show every block in order, cut to the range")
    func segments() throws {
        let buffer = try blocks(["abc", "def", "ghi"])
        for offset in 0...9 {
            for length in 0...(9 - offset) {
                let seen = try buffer.withSegments(from: offset, count: length) { segments in
                    var bytes: [UInt8] = []
                    for index in 0..<segments.count {
                        let span = segments[index]
                        for position in span.indices { bytes.append(span[position]) }
                    }
                    #expect(segments.byteCount == length && segments.isEmpty == (length == 0))
                    return bytes
                }
                #expect(seen == Array("abcdefghi".utf8.dropFirst(offset).prefix(length)))
            }
        }
        #expect(try buffer.withSegments { $0.count } == 3)
        #expect(buffer.count == 9)
    }

    @Test("a contiguous span is the front of the bytes, without changing them")
    func contiguous() throws {
        let buffer = try blocks(["abc", "def", "ghi"])
        #expect(try buffer.withContiguousSpan(first: 5) { $0[4] } == UInt8(ascii: "e"))
        #expect(try buffer.withContiguousSpan { $0.count } == 9)
        #expect(try buffer.withContiguousSpan(first: 0) { $0.isEmpty })
        #expect(try buffer.removeBytes(9) == Array("abcdefghi".utf8))
        #expect(try buffer.withContiguousSpan { $0.isEmpty })
    }

    @Test("no change while a view is out, also of a view inside a view; all is well afterwards")
    func busy() throws {
        let buffer = try blocks(["abc", "def"])
        let other = try EventBuffer()
        func changesAreRefused() {
            expectError(.busy) { try buffer.append("x") }
            expectError(.busy) { try buffer.append(contentsOf: [1]) }
            expectError(.busy) { try buffer.prepend("x") }
            expectError(.busy) { try buffer.drain(1) }
            expectError(.busy) { try buffer.removeAll() }
            expectError(.busy) { try buffer.removeBytes(1) }
            expectError(.busy) { try buffer.readLine() }
            expectError(.busy) { try other.move(from: buffer) }
            expectError(.busy) { try other.move(first: 1, from: buffer) }
            expectError(.busy) { try other.prepend(from: buffer) }
            expectError(.busy) { try buffer.move(from: other) }
            expectError(.busy) { try buffer.append(referencing: other) }
            expectError(.busy) { try buffer.append(constant: "x") }
            expectError(.busy) { try buffer.write(to: FileDescriptorNumber(-1)) }
            expectError(.busy) { try buffer.read(from: FileDescriptorNumber(-1)) }
        }
        try buffer.withSegments { (outer) throws(IOError) in
            changesAreRefused()
            let joined = try buffer.withContiguousSpan { span in
                changesAreRefused()
                return span.count
            }
            #expect(joined == 6)
            changesAreRefused()
            #expect(outer[0][0] == UInt8(ascii: "a"))
        }
        try buffer.append("!")
        #expect(try buffer.removeBytes(7) == Array("abcdef!".utf8))
    }

    @Test("a view that ends with an error gives the buffer free")
    func failingView() throws {
        let buffer = try blocks(["abc"])
        expectError(.cancelled) {
            try buffer.withSegments { (_) throws(IOError) in throw IOError("test", .cancelled) }
        }
        try buffer.append("d")
        #expect(buffer.count == 4)
    }

    @Test("no loop runs while a view is out or a release closure runs: it could free what they use")
    func loopUnderView() throws {
        let base = try EventBase()
        let buffer = try blocks(["abc"])
        try buffer.withSegments { _ in expectError(.busy) { try base.run(.withoutWaiting) } }
        try buffer.withContiguousSpan { _ in expectError(.busy) { try base.run(.withoutWaiting) } }
        try unsafe buffer.append(referencing: UnsafeRawBufferPointer(start: nil, count: 0)) {
            expectError(.busy) { try base.run(.withoutWaiting) }
        }
        try base.run(.withoutWaiting)
    }

    @Test("copies leave the buffer as it is, from any offset, frozen or not")
    func copying() throws {
        let buffer = try blocks(["abc", "def", "ghi"])
        try buffer.freeze(.front)
        var memory = [UInt8](repeating: 0, count: 4)
        var span = memory.mutableSpan
        #expect(try buffer.copy(from: 2, into: &span) == 4)
        #expect(memory == Array("cdef".utf8))
        #expect(try buffer.copyBytes(9) == Array("abcdefghi".utf8))
        let other = try EventBuffer()
        try other.append(addingCapacity: 4) { (output) throws(IOError) in
            let copied = try buffer.copy(from: 7, into: &output)
            #expect(copied == 2)
        }
        #expect(try other.removeBytes(2) == Array("hi".utf8))
        #expect(try buffer.copyBytes(0, from: 9) == [])
        #expect(buffer.count == 9)
    }

    @Test(
        "ranges outside the buffer are errors",
        arguments: [(-1, 1), (0, 10), (9, 1), (10, 0), (Int.max, 1), (1, Int.max)]
    )
    func impossibleRanges(offset: Int, length: Int) throws {
        let buffer = try blocks(["abc", "def", "ghi"])
        expectError(.outOfRange) { try buffer.copyBytes(length, from: offset) }
        expectError(.outOfRange) { try buffer.withSegments(from: offset, count: length) { _ in } }
        let end = offset.addingReportingOverflow(length).partialValue
        expectError(.outOfRange) { try buffer.firstIndex(of: "a", from: offset, to: end) }
    }

    @Test("searches find what spans blocks, and only what is whole within the range")
    func searching() throws {
        let buffer = try blocks(["aab", "aab", "c", "aabaabc"])
        #expect(try buffer.firstIndex(of: "aabc") == 3)
        #expect(try buffer.firstIndex(of: "aabc", from: 4) == 10)
        #expect(try buffer.firstIndex(of: "aabc", from: 4, to: 13) == nil)
        #expect(try buffer.firstIndex(of: "aabc", from: 0, to: 7) == 3)
        #expect(try buffer.firstIndex(of: "aabc", from: 0, to: 6) == nil)
        #expect(try buffer.firstIndex(of: "x") == nil)
        #expect(try buffer.firstIndex(of: "", from: 5) == 5)
        #expect(try buffer.firstIndex(of: "a", from: buffer.count) == nil)
        expectError(.outOfRange) { try buffer.firstIndex(of: "a", from: 5, to: 4) }
        #expect(try EventBuffer().firstIndex(of: "a") == nil)
    }

    @Test(
        "lines end as each style says",
        arguments: [
            (LineEnding.crlf, ["one", "two", "", "th\rree"], "rest\r"),
            (.strictCRLF, ["one\ntwo", "\nth\rree"], "rest\r"),
            (.lf, ["one", "two\r", "", "th\rree\r"], "rest\r"),
            (.any, ["one", "two", "th", "ree", "rest"], ""),
        ]
    )
    func lines(ending: LineEnding, lines: [String], rest: String) throws {
        let buffer = try blocks(["on", "e\ntwo\r", "\n\nth\rree\r\nrest\r"])
        var found: [String] = []
        while let line = try buffer.readLine(ending) { found.append(String(decoding: line, as: UTF8.self)) }
        #expect(found == lines)
        #expect(String(decoding: try buffer.removeBytes(buffer.count), as: UTF8.self) == rest)
    }

    @Test("zero bytes are part of lines, and end them where asked")
    func zeroBytes() throws {
        let buffer = try EventBuffer()
        try buffer.append("a\0b\nc\0\0")
        #expect(try buffer.readLine(.lf) == [97, 0, 98])
        #expect(try buffer.readLine(.nul) == [99])
        #expect(try buffer.readLine(.nul) == [])
        #expect(try buffer.readLine(.nul) == nil)
    }

    @Test("the place of a line end can be asked for from any offset")
    func lineEnds() throws {
        let buffer = try blocks(["ab\r", "\ncd\n"])
        #expect(try buffer.firstLineEnd(.crlf) == 2..<4)
        #expect(try buffer.firstLineEnd(.crlf, from: 3) == 3..<4)
        #expect(try buffer.firstLineEnd(.crlf, from: 4) == 6..<7)
        #expect(try buffer.firstLineEnd(.strictCRLF, from: 3) == nil)
        #expect(try buffer.firstLineEnd(.crlf, from: 7) == nil)
        expectError(.outOfRange) { try buffer.firstLineEnd(.crlf, from: 8) }
    }

    @Test("a line that is too long is an error as soon as that is known, and stays", .bug(id: "line-limit-at-the-seam"))
    func longLine() throws {
        let buffer = try EventBuffer()
        try buffer.append("12345\r\n")
        expectError(.outOfRange) { try buffer.readLine(longest: 4) }
        #expect(try buffer.readLine(longest: 5) == Array("12345".utf8))
        try buffer.append("12345")
        #expect(try buffer.readLine(longest: 5) == nil)
        // Half of the line's end, or one byte too many.
        try buffer.append("\r")
        #expect(try buffer.readLine(longest: 5) == nil)
        for ending in [LineEnding.lf, .nul] { expectError(.outOfRange) { try buffer.readLine(ending, longest: 5) } }
        try buffer.append("8")
        expectError(.outOfRange) { try buffer.readLine(longest: 5) }
        #expect(buffer.count == 7)
    }

    @Test(
        "the limit counts the bytes of the line without its end, however they arrive",
        .bug(id: "line-limit-at-the-seam"),
        arguments: [
            ("\n", LineEnding.crlf), ("\r\n", .crlf), ("\r\n", .strictCRLF), ("\n", .lf), ("\0", .nul), ("\r", .any),
        ]
    )
    func limit(end: String, ending: LineEnding) throws {
        for length in [4, 5, 6] {
            let buffer = try EventBuffer()
            var line: [UInt8]?
            var isTooLong = false
            for byte in Array(repeating: UInt8(ascii: "a"), count: length) + Array(end.utf8) where !isTooLong {
                try buffer.append(contentsOf: [byte])
                do {
                    line = try buffer.readLine(ending, longest: 5)
                } catch {
                    #expect(error.code == .outOfRange)
                    isTooLong = true
                }
            }
            #expect(line?.count == (length > 5 ? nil : length))
            #expect(isTooLong == (length > 5))
        }
    }

    @Test(
        "lines are the same whatever the parts in which they arrive",
        .bug(id: "delimiter-on-the-seam"),
        arguments: LineEnding.allCases
    )
    func parts(ending: LineEnding) throws {
        let bytes = Array("\r\none\r\ntwo\n\nthree\r\r\n\0four\r\n\r\n".utf8)
        func lines(in size: Int) throws -> [[UInt8]] {
            let buffer = try EventBuffer()
            var lines: [[UInt8]] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                try buffer.append(contentsOf: bytes[start..<min(start + size, bytes.count)])
                while let line = try buffer.readLine(ending) { lines.append(line) }
            }
            return lines
        }
        let whole = try lines(in: bytes.count)
        for size in 1..<bytes.count { #expect(try lines(in: size) == whole) }
        if ending == .any { #expect(!whole.contains([])) }
    }
}
