import Glibc
import Sockets
import SystemPackage
import Testing

/// A file without a name that holds these bytes.
func temporaryFile(_ bytes: [UInt8]) throws -> Descriptor {
    var path = "/tmp/EventBufferTests.XXXXXX".utf8CString
    let number = unsafe path.withUnsafeMutableBufferPointer { path in
        guard let path = path.baseAddress else { return -1 as CInt }
        let number = unsafe mkstemp(path)
        unsafe unlink(path)
        return number
    }
    #expect(number >= 0)
    let file = Descriptor(adopting: FileDescriptor(rawValue: number))
    _ = try file.fileDescriptor.writeAll(bytes)
    return file
}
