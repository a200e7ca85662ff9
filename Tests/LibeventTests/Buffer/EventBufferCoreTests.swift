import Libevent
import Sockets
import Testing

@Suite("EventBuffer: adding, moving, removing")
struct EventBufferCoreTests {
    @Test("bytes come out in the order of queueing, embedded zeros too")
    func order() throws {
        let buffer = try EventBuffer()
        #expect(buffer.isEmpty)
        try buffer.append("middle")
        try buffer.append(contentsOf: [0, 1, 0])
        try buffer.prepend("front ")
        #expect(buffer.count == 15)
        #expect(try buffer.removeBytes(12) == Array("front middle".utf8))
        #expect(try buffer.removeBytes(3) == [0, 1, 0])
        #expect(buffer.isEmpty)
    }

    @Test("sequences that are not contiguous are appended whole")
    func lazySequence() throws {
        let buffer = try EventBuffer()
        let bytes = (0..<5_000).lazy.map { UInt8(truncatingIfNeeded: $0) }
        try buffer.append(contentsOf: bytes)
        #expect(try buffer.removeBytes(5_000) == Array(bytes))
    }

    @Test("moving takes everything and leaves the other empty")
    func moving() throws {
        let (from, to) = (try EventBuffer(), try EventBuffer())
        try to.append("a")
        try from.append("bc")
        try to.move(from: from)
        #expect(from.isEmpty)
        try from.append("x")
        try to.prepend(from: from)
        #expect(from.isEmpty)
        #expect(try to.removeBytes(to.count) == Array("xabc".utf8))
    }

    @Test("a part is moved exactly", arguments: [0, 1, 4_999, 5_000, 5_001, 9_999, 10_000])
    func movingPart(length: Int) throws {
        let (from, to) = (try EventBuffer(), try EventBuffer())
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try from.append(contentsOf: bytes[..<5_000])
        try from.append(contentsOf: bytes[5_000...])
        try to.move(first: length, from: from)
        #expect(try to.removeBytes(to.count) == Array(bytes[..<length]))
        #expect(try from.removeBytes(from.count) == Array(bytes[length...]))
    }

    @Test("a buffer is not moved onto itself")
    func movingOntoItself() throws {
        let buffer = try EventBuffer()
        try buffer.append("abc")
        expectError(.invalidArgument) { try buffer.move(from: buffer) }
        expectError(.invalidArgument) { try buffer.move(first: 1, from: buffer) }
        expectError(.invalidArgument) { try buffer.prepend(from: buffer) }
        #expect(try buffer.removeBytes(3) == Array("abc".utf8))
    }

    @Test("removing fills what there is room for and leaves the rest")
    func removing() throws {
        let buffer = try EventBuffer()
        try buffer.append("hello, world")
        var memory = [UInt8](repeating: 0, count: 5)
        var span = memory.mutableSpan
        #expect(try buffer.remove(into: &span) == 5)
        #expect(memory == Array("hello".utf8))
        let other = try EventBuffer()
        try other.append(addingCapacity: 100) { (output) throws(IOError) in
            output.append(33)
            let taken = try buffer.remove(into: &output)
            #expect(taken == 7)
        }
        let rest = try other.removeBytes(other.count)
        #expect(rest == Array("!, world".utf8))
        #expect(buffer.isEmpty)
    }

    @Test("what is written into reserved room is appended, also when the writer fails")
    func appendingInPlace() throws {
        let buffer = try EventBuffer()
        let written = try buffer.append(addingCapacity: 10) { (free) throws(IOError) in
            let room = free.freeCapacity
            #expect(room == 10)
            for byte in "abc".utf8 { free.append(byte) }
            return free.count
        }
        #expect(written == 3)
        expectError(.cancelled) {
            try buffer.append(addingCapacity: 10) { (free) throws(IOError) in
                free.append(100)
                throw IOError("test", .cancelled)
            }
        }
        try buffer.append(addingCapacity: 0) { (free) in
            let isFull = free.isFull
            #expect(isFull)
        }
        #expect(try buffer.removeBytes(buffer.count) == Array("abcd".utf8))
    }

    @Test("the buffer cannot change while room in it is being written to")
    func busyWhileAppending() throws {
        let (buffer, other) = (try EventBuffer(), try EventBuffer())
        try buffer.append("ab")
        try buffer.append(addingCapacity: 4) { (free) throws(IOError) in
            expectError(.busy) { try buffer.append("c") }
            expectError(.busy) { try buffer.prepend("c") }
            expectError(.busy) { try buffer.drain(1) }
            expectError(.busy) { try buffer.reserveCapacity(1) }
            expectError(.busy) { try buffer.move(from: other) }
            expectError(.busy) { try other.move(from: buffer) }
            expectError(.busy) { try buffer.append(addingCapacity: 1) { _ in } }
            free.append(99)
        }
        #expect(try buffer.removeBytes(3) == Array("abc".utf8))
    }

    @Test("impossible lengths are errors, and change nothing", arguments: [-1, Int.min, 4, Int.max, Int.max / 2 + 1])
    func impossibleLengths(length: Int) throws {
        let (buffer, other) = (try EventBuffer(), try EventBuffer())
        try buffer.append("abc")
        expectError(.outOfRange) { try buffer.drain(length) }
        expectError(.outOfRange) { try buffer.removeBytes(length) }
        expectError(.outOfRange) { try other.move(first: length, from: buffer) }
        if length != 4 {
            expectError(.outOfRange) { try buffer.reserveCapacity(length) }
            expectError(.outOfRange) { try buffer.append(addingCapacity: length) { _ in } }
        }
        #expect(buffer.count == 3 && other.isEmpty)
    }

    @Test("a frozen end refuses changes of it, and of it only")
    func freezing() throws {
        let (buffer, other) = (try EventBuffer(), try EventBuffer())
        try buffer.append("abc")
        try buffer.freeze(.front)
        expectError(.frozen) { try buffer.drain(1) }
        expectError(.frozen) { try buffer.prepend("x") }
        expectError(.frozen) { try other.move(from: buffer) }
        expectError(.frozen) { try buffer.removeBytes(1) }
        try buffer.append("d")
        try buffer.unfreeze(.front)
        try buffer.freeze(.back)
        try buffer.freeze(.back)
        expectError(.frozen) { try buffer.append("x") }
        expectError(.frozen) { try buffer.move(from: other) }
        expectError(.frozen) { try buffer.append(addingCapacity: 1) { _ in } }
        try buffer.prepend("_")
        try buffer.unfreeze(.back)
        #expect(try buffer.removeBytes(5) == Array("_abcd".utf8))
    }
}
