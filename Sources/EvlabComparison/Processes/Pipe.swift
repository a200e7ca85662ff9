internal import CLinux
internal import Sockets
internal import SystemPackage

/// The two ends of a pipe, closed in programs that we start.
struct Pipe: ~Copyable {
    let reader: Descriptor
    let writer: Descriptor

    init() throws(IOError) {
        var ends: [CInt] = [-1, -1]
        let result = unsafe ends.withUnsafeMutableBufferPointer { unsafe clinux_pipe($0.baseAddress) }
        try check("pipe", result)
        reader = Descriptor(adopting: FileDescriptor(rawValue: ends[0]))
        writer = Descriptor(adopting: FileDescriptor(rawValue: ends[1]))
    }
}
