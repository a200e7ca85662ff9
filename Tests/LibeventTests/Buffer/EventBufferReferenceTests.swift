import Glibc
import Libevent
import Sockets
import SystemPackage
import Testing

@Suite("EventBuffer: memory of others, files, descriptors")
struct EventBufferReferenceTests {
    /// Counts the releases of one piece of memory.
    @safe private final class Memory {
        let bytes: UnsafeMutableRawBufferPointer
        var releases = 0

        init(_ text: String) {
            unsafe bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
            unsafe bytes.copyBytes(from: text.utf8)
        }

        func append(to buffer: EventBuffer) throws {
            try unsafe buffer.append(referencing: UnsafeRawBufferPointer(bytes)) { self.releases += 1 }
        }

        deinit { unsafe bytes.deallocate() }
    }

    @Test("referenced memory is released once, when the last of it is taken")
    func release() throws {
        let (memory, buffer) = (Memory("hello"), try EventBuffer())
        try memory.append(to: buffer)
        try buffer.append(" world")
        try buffer.prepend("> ")
        #expect(try buffer.removeBytes(6) == Array("> hell".utf8))
        #expect(memory.releases == 0)
        #expect(try buffer.removeBytes(1) == Array("o".utf8))
        #expect(memory.releases == 1)
        #expect(try buffer.removeBytes(6) == Array(" world".utf8))
        #expect(memory.releases == 1)
    }

    @Test("it is released with the buffer, with the one it was moved to, and at once when it is empty")
    func releaseElsewhere() throws {
        let (first, second, third) = (Memory("a"), Memory("b"), Memory(""))
        do {
            let (buffer, other) = (try EventBuffer(), try EventBuffer())
            try first.append(to: buffer)
            try second.append(to: buffer)
            try other.move(first: 1, from: buffer)
            #expect(first.releases == 0)
            try other.removeAll()
            #expect(first.releases == 1 && second.releases == 0)
            try third.append(to: other)
            #expect(third.releases == 1 && other.isEmpty)
        }
        #expect(first.releases == 1 && second.releases == 1 && third.releases == 1)
    }

    @Test("a refused reference is not released")
    func refused() throws {
        let (memory, buffer) = (Memory("a"), try EventBuffer())
        try buffer.freeze(.back)
        expectError(.frozen) { try memory.append(to: buffer) }
        #expect(memory.releases == 0 && buffer.isEmpty)
    }

    @Test("a release closure that uses a buffer is refused, and nothing is harmed")
    func releaseReenters() throws {
        let (buffer, other) = (try EventBuffer(), try EventBuffer())
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 3, alignment: 1)
        unsafe bytes.copyBytes(from: "abc".utf8)
        var ran = false
        try unsafe buffer.append(referencing: UnsafeRawBufferPointer(bytes)) {
            ran = true
            expectError(.busy) { try buffer.append("x") }
            expectError(.busy) { try buffer.copyBytes(1) }
            expectError(.busy) { try other.append("x") }
            unsafe bytes.deallocate()
        }
        try buffer.append("def")
        try buffer.drain(4)
        #expect(ran)
        try other.append("fine")
        #expect(try buffer.removeBytes(2) == Array("ef".utf8))
    }

    @Test("text of the program is queued without copying")
    func constant() throws {
        let buffer = try EventBuffer()
        try buffer.append(constant: "HTTP/1.1 200 OK\r\n")
        try buffer.append(constant: "")
        #expect(try buffer.readLine() == Array("HTTP/1.1 200 OK".utf8))
    }

    @Test("bytes of another buffer go to many, whoever goes first")
    func sharing() throws {
        var source: EventBuffer? = try EventBuffer()
        let targets = try (0..<3).map { _ in try EventBuffer() }
        try source?.append("shared")
        for (index, target) in targets.enumerated() {
            // One with an empty block, one with bytes, one untouched.
            if index == 0 { try target.reserveCapacity(100) }
            if index == 1 { try target.append("> ") }
            if let source { try target.append(referencing: source) }
            try target.append(" \(index)")
        }
        try source?.append(" later")
        #expect(try source?.copyBytes(12) == Array("shared later".utf8))
        try source?.drain(2)
        #expect(try targets[0].removeBytes(8) == Array("shared 0".utf8))
        source = nil
        #expect(try targets[1].removeBytes(10) == Array("> shared 1".utf8))
        #expect(try targets[2].removeBytes(8) == Array("shared 2".utf8))
    }

    // evbuffer_pullup writes behind the bytes of the first block, although its memory is shared.
    @Test("joining the bytes of one does not change those of another")
    func sharingContiguously() throws {
        let (source, first, second) = (try EventBuffer(), try EventBuffer(), try EventBuffer())
        try source.append("abc")
        try first.append(referencing: source)
        try second.append(referencing: source)
        try first.append("111")
        try second.append("222")
        try source.append("333")
        for (buffer, end) in [(first, "111"), (second, "222"), (source, "333"), (first, "111")] {
            let bytes = try buffer.withContiguousSpan { span in span.indices.map { span[$0] } }
            #expect(bytes == Array("abc\(end)".utf8))
        }
        #expect(try first.copyBytes(6) == Array("abc111".utf8))
        #expect(try second.copyBytes(6) == Array("abc222".utf8))
    }

    // libevent counts such a buffer as its own user, and would never free it.
    @Test("shared bytes that come back to the buffer they are from do not keep it alive", arguments: [false, true])
    func sharingInCircles(frozen: Bool) throws {
        let memory = Memory("abc")
        do {
            let (source, target) = (try EventBuffer(), try EventBuffer())
            try memory.append(to: source)
            try target.append(referencing: source)
            try source.move(from: target)
            #expect(try source.copyBytes(6) == Array("abcabc".utf8))
            if frozen { try source.freeze(.front) }
        }
        #expect(memory.releases == 1)
        do {
            let buffers = try (0..<4).map { _ in try EventBuffer() }
            try memory.append(to: buffers[0])
            try memory.append(to: buffers[1])
            try buffers[2].append(referencing: buffers[0])
            try buffers[3].append(referencing: buffers[1])
            try buffers[0].move(from: buffers[3])
            try buffers[1].move(from: buffers[2])
        }
        #expect(memory.releases == 3)
    }

    @Test("what cannot be shared is refused: nothing, itself, a reference of a reference")
    func sharingRefused() throws {
        let (source, first, second) = (try EventBuffer(), try EventBuffer(), try EventBuffer())
        try first.reserveCapacity(100)
        try first.append(referencing: source)
        #expect(first.isEmpty)
        expectError(.invalidArgument) { try source.append(referencing: source) }
        try source.append("a")
        try first.append(referencing: source)
        expectError(.unsupported) { try second.append(referencing: first) }
        try second.append("b")
        expectError(.unsupported) { try second.append(referencing: first) }
        #expect(try second.removeBytes(1) == Array("b".utf8))
    }

    // MARK: Files

    private static let text = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }

    @Test("a file is queued in parts and read like other bytes", arguments: FileSegment.Access.allCases)
    func fileSegment(access: FileSegment.Access) throws {
        let buffer = try EventBuffer()
        let segment = try FileSegment(try temporaryFile(Self.text), from: 4_097, access: access)
        #expect(segment.count == 20_000 - 4_097)
        try buffer.append(segment, from: 3, count: 5_000)
        try buffer.append("|")
        try buffer.append(segment, from: 15_900)
        try buffer.append(segment, count: 0)
        #expect(try buffer.removeBytes(5_000) == Array(Self.text[4_100..<9_100]))
        #expect(try buffer.removeBytes(1) == Array("|".utf8))
        #expect(try buffer.removeBytes(buffer.count) == Array(Self.text[19_997...]))
    }

    @Test("the file is closed when neither segment nor buffer needs it")
    func fileClosing() throws {
        let buffer = try EventBuffer()
        let file = try temporaryFile(Self.text)
        let number = file.fileDescriptor
        // So that no other test gets both the number and the file's own number.
        let copy = try file.duplicate()
        do {
            let segment = try FileSegment(file)
            try buffer.append(segment)
        }
        #expect(throws: Never.self) { try number.seek(offset: 0, from: .current) }
        try buffer.drain(19_999)
        #expect(throws: Never.self) { try number.seek(offset: 0, from: .current) }
        // Another test may have the number next, so ask for the file.
        let identity = fileIdentity(number.rawValue)
        #expect(identity != nil)
        try buffer.removeAll()
        #expect(fileIdentity(number.rawValue) != identity)
        #expect(fileIdentity(copy.fileDescriptor.rawValue) == identity)
    }

    @Test("segments outside the file, and of what is no file, are refused")
    func impossibleSegments() throws {
        for (offset, length) in [(-1, 1), (0, 20_001), (20_001, 0), (1, Int.max), (Int.max, nil), (0, -1)]
            as [(Int, Int?)]
        {
            expectError(.outOfRange) { _ = try FileSegment(try temporaryFile(Self.text), from: offset, count: length) }
        }
        expectError(.invalidArgument) {
            _ = try FileSegment(try Socket(.ipv4).intoDescriptor())
        }
        let segment = try FileSegment(try temporaryFile(Self.text), count: 10)
        let buffer = try EventBuffer()
        for (offset, length) in [(-1, 1), (0, 11), (11, 0), (1, Int.max), (Int.max, nil), (0, -1)] as [(Int, Int?)] {
            expectError(.outOfRange) { try buffer.append(segment, from: offset, count: length) }
        }
        let empty = try FileSegment(try temporaryFile([]))
        try buffer.append(empty)
        #expect(buffer.isEmpty)
    }

    @Test("a file that is sent cannot be read, goes out whole, and leaves the buffer usable")
    func sending() throws {
        let pair = try Socket.pair()
        let buffer = try EventBuffer(sendsFiles: true)
        let segment = try FileSegment(try temporaryFile(Self.text))
        try buffer.append("head")
        try buffer.append(segment)
        try buffer.append("tail")
        expectError(.unsupported) { try buffer.copyBytes(1) }
        expectError(.unsupported) { try buffer.removeBytes(1) }
        expectError(.unsupported) { try buffer.withSegments { _ in } }
        expectError(.unsupported) { try buffer.withContiguousSpan { _ in } }
        expectError(.unsupported) { try buffer.readLine() }
        expectError(.unsupported) { try buffer.firstIndex(of: "t") }
        let plain = try EventBuffer()
        expectError(.unsupported) { try plain.move(from: buffer) }
        expectError(.unsupported) { try plain.append(referencing: buffer) }
        let relay = try EventBuffer(sendsFiles: true)
        try relay.move(from: buffer)
        expectError(.unsupported) { try relay.copyBytes(1) }
        try buffer.append("free")
        #expect(try buffer.removeBytes(4) == Array("free".utf8))
        let received = try transfer(relay, pair)
        #expect(received == Array("head".utf8) + Self.text + Array("tail".utf8))
        try relay.append("free")
        #expect(try relay.removeBytes(4) == Array("free".utf8))
    }

    /// Writes all of `buffer` into one end, and reads it from the other.
    private func transfer(_ buffer: EventBuffer, _ pair: borrowing SocketPair) throws -> [UInt8] {
        let received = try EventBuffer()
        while !buffer.isEmpty {
            _ = try buffer.write(to: pair.first)
            while case .bytes = try received.read(from: pair.second) {}
        }
        return try received.removeBytes(received.count)
    }

    @Test(
        "a file that became shorter than its segment is an error, not an endless wait",
        .bug(id: "file-shrinks-while-it-is-sent")
    )
    func shortenedFile() throws {
        let pair = try Socket.pair()
        let file = try temporaryFile(Self.text)
        let copy = try file.duplicate()
        let buffer = try EventBuffer(sendsFiles: true)
        let segment = try FileSegment(file)
        try buffer.append(segment, from: 10_000, count: 100)
        try copy.fileDescriptor.resize(to: 5_000)
        expectError(.outOfRange) { try buffer.write(to: pair.first) }
        #expect(buffer.count == 100)
        withExtendedLifetime(pair.second.fileDescriptor) {}
    }

    // MARK: Descriptors

    @Test("one read takes far more than libevent's 4,096 bytes, and no more than the limit")
    func reading() throws {
        let pair = try Socket.pair()
        let bytes = Array(Self.text[..<10_000])
        #expect(try pair.first.write(bytes.span) == .bytes(10_000))
        let buffer = try EventBuffer()
        try buffer.append("0")
        #expect(try buffer.read(from: pair.second, upTo: 1) == .bytes(1))
        #expect(try buffer.read(from: pair.second, upTo: 8_000) == .bytes(8_000))
        #expect(try buffer.read(from: pair.second) == .bytes(1_999))
        #expect(try buffer.read(from: pair.second) == .wouldBlock)
        try pair.first.shutDown(.writing)
        #expect(try buffer.read(from: pair.second) == .end)
        #expect(try buffer.removeBytes(10_001) == [48] + bytes)
    }

    @Test("one write takes at most the limit; the rest stays")
    func writing() throws {
        let pair = try Socket.pair()
        let (buffer, received) = (try EventBuffer(), try EventBuffer())
        #expect(try buffer.write(to: pair.first) == .bytes(0))
        try buffer.append("abcdef")
        #expect(try buffer.write(to: pair.first, upTo: 2) == .bytes(2))
        #expect(try buffer.write(to: pair.first, upTo: Int.max) == .bytes(4))
        #expect(try received.read(from: pair.second) == .bytes(6))
        #expect(try received.removeBytes(6) == Array("abcdef".utf8))
    }

    @Test("a full socket would block, for memory and for files")
    func fullSocket() throws {
        let pair = try Socket.pair()
        let buffer = try EventBuffer(sendsFiles: true)
        try buffer.append(contentsOf: [UInt8](repeating: 1, count: 4_000_000))
        var outcome = try buffer.write(to: pair.first)
        while case .bytes = outcome { outcome = try buffer.write(to: pair.first) }
        #expect(outcome == .wouldBlock)
        let files = try EventBuffer(sendsFiles: true)
        let segment = try FileSegment(try temporaryFile(Self.text))
        try files.append(segment)
        #expect(try files.write(to: pair.first) == .wouldBlock)
        #expect(files.count == 20_000)
        withExtendedLifetime(pair.second.fileDescriptor) {}
    }

    @Test("a peer that is gone is an error with its number, not a signal")
    func brokenPipe() throws {
        let near = try Socket.pair().split { (near, far) in
            // A child that another test has just started has it too; this reaches every copy.
            #expect(throws: Never.self) { try far.shutDown(.both) }
            far.close()
            return near
        }
        let buffer = try EventBuffer()
        try buffer.append("a")
        do {
            _ = try buffer.write(to: near)
            Issue.record("the write succeeded")
        } catch {
            #expect(error.code == .brokenPipe && error.errno == .brokenPipe)
        }
        #expect(buffer.count == 1)
        expectError(.system) { try buffer.read(from: FileDescriptorNumber(-1)) }
        expectError(.system) { try buffer.write(to: FileDescriptorNumber(-1)) }
    }

    @Test("limits that cannot be are errors", arguments: [0, -1, Int.min])
    func impossibleLimits(limit: Int) throws {
        let pair = try Socket.pair()
        let buffer = try EventBuffer()
        expectError(.outOfRange) { try buffer.read(from: pair.first, upTo: limit) }
        expectError(.outOfRange) { try buffer.write(to: pair.first, upTo: limit) }
    }
}

/// Which file a descriptor number stands for, or `nil` when it is not open.
private func fileIdentity(_ number: CInt) -> ino_t? {
    var status = stat()
    return unsafe fstat(number, &status) == 0 ? status.st_ino : nil
}
