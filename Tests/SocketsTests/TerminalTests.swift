import FaultTools
import Glibc
import Sockets
import SystemPackage
import Testing

/// The master side of a terminal, which the kernel ends with EIO.
@Suite("The master side of a terminal")
struct TerminalTests {
    private static func read(_ handle: borrowing some ByteHandle & ~Copyable) throws(IOError) -> ReadOutcome {
        var bytes = [UInt8](repeating: 0, count: 100)
        var span = bytes.mutableSpan
        return try handle.read(into: &span)
    }

    @Test("it ends when no program has the terminal, and goes on when one opens it again", .bug(id: "terminal-end"))
    func end() throws {
        try Terminal().split { (controlling, terminal) in
            #expect(try Self.read(controlling) == .wouldBlock)
            #expect(try terminal.write([1, 2, 3].span) == .bytes(3))
            terminal.close()
            #expect(try Self.read(controlling) == .bytes(3))
            for _ in 0..<2 { #expect(try Self.read(controlling) == .end) }
            let shared = try SharedDescriptor(borrowing: controlling.fileDescriptor)
            #expect(try Self.read(shared) == .end)

            let again = try Terminal.openTerminal(of: controlling)
            #expect(try Self.read(controlling) == .wouldBlock)
            #expect(try again.write([4].span) == .bytes(1))
            #expect(try Self.read(shared) == .bytes(1))
        }
    }

    @Test("EIO of any other file stays an error", .bug(id: "terminal-end"))
    func otherFiles() async {
        await #expect(processExitsWith: .success) {
            let file = Descriptor(adopting: try FileDescriptor.open(FilePath("/proc/self/exe"), .readOnly))
            let fault = try SystemCallFault("read:error=EIO")
            let error = failure { () throws(IOError) in try Self.read(file) }
            fault.end()
            try #require(error?.errno == .ioError)
        }
    }
}
