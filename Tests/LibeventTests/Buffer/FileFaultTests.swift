import Glibc
import Libevent
import Readiness
import Sockets
import SystemPackage
import Testing

/// Files that are not what they say, or that change while they are in use.
@Suite("Files that misreport their size") struct FileFaultTests {
    private static let text = (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }

    @Test(
        "a file of /proc or /sys is refused, with the way to read it",
        .bug(id: "file-misreports-its-size"),
        arguments: [
            "/proc/self/status", "/proc/self/maps", "/sys/kernel/mm/transparent_hugepage/enabled",
            "/sys/class/net/lo/mtu",
        ],
        FileSegment.Access.allCases
    )
    func misreported(path: FilePath, access: FileSegment.Access) throws {
        // Not every machine has each of them.
        guard let descriptor = try? FileDescriptor.open(path, .readOnly) else { return }
        // What an earlier call has left behind must not matter.
        errno = ENODEV
        do {
            _ = try FileSegment(Descriptor(adopting: descriptor), access: access)
            Issue.record("\(path) has a segment")
        } catch {
            #expect(error.code == .unsupported)
            #expect(error.detail.contains("read(from:)"))
        }
        let file = Descriptor(adopting: try FileDescriptor.open(path, .readOnly))
        let buffer = try EventBuffer()
        while case .bytes = try buffer.read(from: file) {}
        #expect(!buffer.isEmpty)
    }

    @Test("an empty file has an empty segment", arguments: FileSegment.Access.allCases)
    func empty(access: FileSegment.Access) throws {
        let segment = try FileSegment(try temporaryFile([]), access: access)
        #expect(segment.count == 0)
    }

    @Test(
        "a file that was cut before its bytes were read is a typed error, whatever errno was before",
        .bug(id: "file-shrinks-while-it-is-sent"),
        arguments: [0, ENODEV, EAGAIN]
    )
    func cutBeforeAdding(earlier: CInt) throws {
        let file = try temporaryFile(Self.text)
        let copy = try file.duplicate()
        let segment = try FileSegment(file)
        try copy.fileDescriptor.resize(to: 5_000)
        let buffer = try EventBuffer()
        errno = earlier
        expectError(.outOfRange) { try buffer.append(segment) }
        #expect(buffer.isEmpty)
    }

    /// Mapped memory would raise SIGBUS here.
    @Test(
        "a file that was cut after its bytes were added is still there whole",
        .bug(id: "file-shrinks-while-it-is-sent")
    )
    func cutAfterAdding() throws {
        let file = try temporaryFile(Self.text)
        let copy = try file.duplicate()
        let segment = try FileSegment(file)
        let buffer = try EventBuffer()
        try buffer.append(segment)
        try copy.fileDescriptor.resize(to: 0)
        #expect(try buffer.removeBytes(buffer.count) == Self.text)
    }

    @Test("a write from mapped memory whose file was cut is a typed error", .bug(id: "file-shrinks-while-it-is-sent"))
    func cutMapping() throws {
        let pair = try Socket.pair()
        let file = try temporaryFile(Self.text)
        let copy = try file.duplicate()
        let segment = try FileSegment(file, access: .mapped)
        let buffer = try EventBuffer()
        try buffer.append(segment)
        try copy.fileDescriptor.resize(to: 0)
        expectError(.outOfRange) { try buffer.write(to: pair.first) }
        withExtendedLifetime(pair.second.fileDescriptor) {}
    }

    /// How a stream comes to send a file that is then cut.
    enum Sending: CaseIterable {
        case open, closing, closingWithoutHandler
    }

    @Test(
        "a stream whose file is cut while a slow peer reads fails, and the peer reads a reset instead of an end",
        .bug(id: "file-shrinks-while-it-is-sent"),
        arguments: TestBase.allCases,
        Sending.allCases
    )
    func cutWhileSending(kind: TestBase, sending: Sending) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base, over: .tcp)
        let size = 8 << 20
        let file = try sparseFile(of: size, with: Self.text, at: 0)
        let copy = try file.duplicate()
        try ends.stream.output.append(FileSegment(file))
        var reasons: [StreamEnd] = []
        if sending != .closingWithoutHandler { ends.stream.onEnd { _, reason in reasons.append(reason) } }
        if sending != .open { ends.stream.close(within: .seconds(120)) }
        var received = 0
        var failure: IOError?
        try base.run(until: {
            do throws(IOError) {
                let more = try ends.peer.readSome(65_536)
                received += more ?? 0
                // Much of it is in the kernel's buffers by now.
                if received > 0, received <= 65_536 { try? copy.fileDescriptor.resize(to: Int64(received)) }
                #expect(more != 0, "an orderly end after \(received) bytes")
                return more == 0
            } catch {
                failure = error
                return true
            }
        })
        #expect(failure?.code == .connectionReset)
        #expect(received < size)
        guard sending == .open, case .failed(let error) = reasons.first else {
            #expect(reasons == [])
            return
        }
        #expect(error.code == .outOfRange)
        #expect(error.operation == "sendfile")
    }

    @Test(
        "a close whose limit passes before everything is sent is a reset, and so is an abort",
        .bug(id: "cut-stream-ends-in-order"),
        arguments: TestBase.allCases,
        [Duration.zero, .milliseconds(5), nil]
    )
    func cutOff(kind: TestBase, limit: Duration?) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base, over: .tcp)
        let bytes = [UInt8](repeating: 1, count: 16_000_000)
        try ends.stream.output.append(bytes.span)
        try base.runWithoutWaiting()
        if let limit { ends.stream.close(within: limit) } else { ends.stream.abort() }
        #expect(try base.run(.untilIdle) == .idle)
        var received = 0
        let error = #expect(throws: IOError.self) {
            while true {
                ends.peer.waitForInput()
                let more = try ends.peer.drain()
                received += more.bytes.count
                if more.atEnd { return }
            }
        }
        #expect(error?.code == .connectionReset)
        #expect(received < bytes.count)
    }

    @Test(
        "a segment beyond 4 GiB has the bytes that are there",
        .bug(id: "more-than-2-gib"),
        arguments: FileSegment.Access.allCases,
        [true, false]
    )
    func beyond4GiB(access: FileSegment.Access, sendsFiles: Bool) throws {
        let offset = 1 << 32 + 1
        let file = try sparseFile(of: 5 << 30, with: Self.text, at: offset)
        let segment = try FileSegment(file, from: offset, count: Self.text.count, access: access)
        let buffer = try EventBuffer(sendsFiles: sendsFiles)
        try buffer.append("<")
        try buffer.append(segment, from: 1, count: Self.text.count - 2)
        try buffer.append(">")
        #expect(try transfer(buffer) == [0x3c] + Self.text.dropFirst().dropLast() + [0x3e])
    }

    @Test("counts above 2 GiB are exact, without a byte of the file read", .bug(id: "more-than-2-gib"))
    func largeCounts() throws {
        let (size, offset) = (5 << 30, 1 << 32 + 1)
        let file = try sparseFile(of: size, with: [7], at: size - 1)
        let copy = try file.duplicate()
        let rest = try FileSegment(copy, from: offset)
        #expect(rest.count == size - offset)
        let whole = try FileSegment(file)
        #expect(whole.count == size)
        let buffer = try EventBuffer(sendsFiles: true)
        try buffer.append(whole)
        try buffer.append(whole, from: offset)
        #expect(buffer.count == size + size - offset)
        let pair = try Socket.pair()
        guard case .bytes(let count) = try buffer.write(to: pair.first) else {
            Issue.record("nothing was written")
            return
        }
        #expect(count > 0)
        #expect(buffer.count == size + size - offset - count)
        withExtendedLifetime(pair.second.fileDescriptor) {}
    }
}

/// Writes all of `buffer` into a socket, and reads it from the other end.
private func transfer(_ buffer: EventBuffer) throws -> [UInt8] {
    let pair = try Socket.pair()
    let received = try EventBuffer()
    while !buffer.isEmpty {
        _ = try buffer.write(to: pair.first)
        while case .bytes = try received.read(from: pair.second) {}
    }
    return try received.removeBytes(received.count)
}

extension SocketHandle where Self: ~Copyable, Self: ~Escapable {
    /// How many bytes one read gives; 0 at the end, `nil` when there is nothing.
    fileprivate func readSome(_ limit: Int) throws(IOError) -> Int? {
        var bytes = [UInt8](repeating: 0, count: limit)
        var span = bytes.mutableSpan
        return switch try read(into: &span) {
        case .bytes(let count): count
        case .wouldBlock: nil
        case .end: 0
        }
    }
}
