import CLinux
import Glibc
import Sockets
import SystemPackage
import Testing

/// A pipe that does not block.
struct Pipe: ~Copyable {
    let reading: Descriptor
    let writing: Descriptor

    init() throws {
        var numbers: [CInt] = [-1, -1]
        try #require(unsafe clinux_pipe(&numbers) == 0)
        reading = Descriptor(adopting: FileDescriptor(rawValue: numbers[0]))
        writing = Descriptor(adopting: FileDescriptor(rawValue: numbers[1]))
    }

    /// Writes a byte.
    func write() {
        var byte: UInt8 = 1
        #expect(unsafe clinux_write(writing.fileDescriptor.rawValue, &byte, 1) == 1)
    }

    /// Reads a byte.
    func read() {
        var byte: UInt8 = 0
        #expect(unsafe clinux_read(reading.fileDescriptor.rawValue, &byte, 1) == 1)
    }

    consuming func split<Result: ~Copyable>(
        _ body: (consuming Descriptor, consuming Descriptor) throws -> Result
    ) rethrows -> Result {
        try body(reading, writing)
    }
}
