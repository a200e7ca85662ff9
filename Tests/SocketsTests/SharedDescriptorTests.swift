import Glibc
import Sockets
import SystemPackage
import Testing

/// A pipe stands for a terminal here: whether it blocks belongs to the open file in the same way.
@Suite("Descriptors that others have too")
final class SharedDescriptorTests {
    private let reading: Descriptor
    private let writing: Descriptor

    init() throws {
        var ends: [CInt] = [-1, -1]
        try #require(unsafe pipe(&ends) == 0)
        reading = Descriptor(adopting: FileDescriptor(rawValue: ends[0]))
        writing = Descriptor(adopting: FileDescriptor(rawValue: ends[1]))
    }

    private func blocks(_ descriptor: FileDescriptor) -> Bool {
        fcntl(descriptor.rawValue, F_GETFL) & O_NONBLOCK == 0
    }

    private func read(_ shared: borrowing SharedDescriptor) throws -> ReadOutcome {
        var bytes = [UInt8](repeating: 0, count: 8)
        var span = bytes.mutableSpan
        return try shared.read(into: &span)
    }

    @Test(
        "fault 34: non-blocking while it is used, then as before, and open",
        .bug(id: "terminal-left-non-blocking"),
        arguments: [true, false]
    )
    func putBack(_ wasBlocking: Bool) throws {
        let other = try reading.duplicate()
        let descriptor = reading.fileDescriptor
        if !wasBlocking { _ = fcntl(descriptor.rawValue, F_SETFL, O_NONBLOCK) }
        do {
            let shared = try SharedDescriptor(borrowing: descriptor)
            #expect(!blocks(other.fileDescriptor))
            #expect(try read(shared) == .wouldBlock)
            #expect(try writing.write([1, 2, 3].span) == .bytes(3))
            #expect(try read(shared) == .bytes(3))
        }
        #expect(blocks(other.fileDescriptor) == wasBlocking)
        let again = try SharedDescriptor(borrowing: descriptor)
        try again.giveBack()
        #expect(blocks(other.fileDescriptor) == wasBlocking)
    }

    @Test("what an engine closes is a copy")
    func copy() throws {
        let shared = try SharedDescriptor(borrowing: reading.fileDescriptor)
        let copy = try shared.duplicate()
        #expect(fcntl(copy.fileDescriptor.rawValue, F_GETFD) == FD_CLOEXEC)
        copy.close()
        _ = try writing.write([1].span)
        #expect(try read(shared) == .bytes(1))
    }

    @Test("a failure on the way ends the loan too")
    func failure() throws {
        func use(_ descriptor: FileDescriptor) throws {
            let shared = try SharedDescriptor(borrowing: descriptor)
            _ = try read(shared)
            throw IOError("test", .closed)
        }
        #expect(throws: IOError.self) { try use(reading.fileDescriptor) }
        #expect(blocks(reading.fileDescriptor))
    }

    @Test("two on one file, the first of them ending last")
    func nested() throws {
        let outer = try SharedDescriptor(borrowing: reading.fileDescriptor)
        try SharedDescriptor(borrowing: reading.fileDescriptor).giveBack()
        #expect(!blocks(outer.fileDescriptor))
        try outer.giveBack()
        #expect(blocks(reading.fileDescriptor))
    }

    @Test("one that is not open is refused")
    func closed() throws {
        let error = #expect(throws: IOError.self) { _ = try SharedDescriptor(borrowing: FileDescriptor(rawValue: -1)) }
        #expect(error?.errno == .badFileDescriptor)
    }

    @Test(
        "fault 17: a write that nobody will read is an error, not the end of the process",
        .bug(id: "killed-by-sigpipe")
    )
    func brokenPipe() async {
        await #expect(processExitsWith: .exitCode(0)) {
            var ends: [CInt] = [-1, -1]
            try #require(unsafe pipe(&ends) == 0)
            let writing = Descriptor(adopting: FileDescriptor(rawValue: ends[1]))
            try FileDescriptor(rawValue: ends[0]).close()
            let error = #expect(throws: IOError.self) { try writing.write([1].span) }
            exit(error?.code == .brokenPipe ? 0 : 1)
        }
    }
}
