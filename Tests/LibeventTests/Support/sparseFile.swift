import Glibc
import Sockets
import SystemPackage
import Testing

/// An unnamed file of this size that is one hole except for `bytes` at `offset`.
func sparseFile(of size: Int, with bytes: [UInt8], at offset: Int) throws -> Descriptor {
    let file = try temporaryFile([])
    try file.fileDescriptor.resize(to: Int64(size))
    try file.fileDescriptor.writeAll(toAbsoluteOffset: Int64(offset), bytes)
    return file
}
