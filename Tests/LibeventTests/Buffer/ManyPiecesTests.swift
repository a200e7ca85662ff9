import Glibc
import Libevent
import Readiness
import Sockets
import SystemPackage
import Testing

/// Many more pieces than `writev(2)` takes (IOV_MAX, 1,024).
@Suite("EventBuffer: more pieces than one call takes")
struct ManyPiecesTests {
    private static let count = 5_000
    private static let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }

    /// Memory that is never given back nor changed, as buffers refer to it.
    nonisolated(unsafe) private static let memory = {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        unsafe memory.copyBytes(from: bytes)
        return UnsafeRawBufferPointer(memory)
    }()

    /// Fills a buffer with references of one byte each.
    private func fill(_ buffer: EventBuffer) throws {
        for index in 0..<Self.count {
            let byte = unsafe UnsafeRawBufferPointer(rebasing: Self.memory[index...index])
            try unsafe buffer.append(referencing: byte) {}
        }
    }

    @Test("all of them are seen, in order", .bug(id: "more-than-1024-pieces"))
    func segments() throws {
        let buffer = try EventBuffer()
        try fill(buffer)
        let (count, bytes) = try buffer.withSegments { segments in
            var bytes: [UInt8] = []
            for index in 0..<segments.count {
                let span = segments[index]
                for position in span.indices { bytes.append(span[position]) }
            }
            return (segments.count, bytes)
        }
        #expect(count == Self.count)
        #expect(bytes == Self.bytes)
    }

    @Test(
        "all of them reach a socket and a pipe, in order",
        .bug(id: "more-than-1024-pieces"),
        arguments: [true, false]
    )
    func writing(toSocket: Bool) throws {
        let (reading, writing) = try toSocket ? socketEnds() : pipeEnds()
        let buffer = try EventBuffer()
        try fill(buffer)
        let received = try EventBuffer()
        while !buffer.isEmpty {
            guard case .bytes(let count) = try buffer.write(to: writing) else { continue }
            #expect(count > 0)
            while received.count < Self.count - buffer.count { _ = try received.read(from: reading) }
        }
        #expect(try received.removeBytes(received.count) == Self.bytes)
    }

    @Test("a stream sends all of them, in order", .bug(id: "more-than-1024-pieces"), arguments: TestBase.allCases)
    func stream(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        try fill(ends.stream.output)
        var received: [UInt8] = []
        try base.run(until: {
            received += (try? ends.peer.drain().bytes) ?? []
            return received.count == Self.count
        })
        #expect(received == Self.bytes)
        ends.stream.abort()
    }

    private func socketEnds() throws -> (FileHolder, FileHolder) {
        try Socket.pair().split { first, second in
            (FileHolder(first.intoDescriptor()), FileHolder(second.intoDescriptor()))
        }
    }

    private func pipeEnds() throws -> (FileHolder, FileHolder) {
        let (reading, writing) = try FileDescriptor.pipe()
        return (FileHolder(Descriptor(adopting: reading)), FileHolder(Descriptor(adopting: writing)))
    }
}

/// A descriptor that can be kept in a tuple.
private final class FileHolder: DescriptorHolder {
    private let descriptor: Descriptor
    var fileDescriptor: FileDescriptor { descriptor.fileDescriptor }

    init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }
}
