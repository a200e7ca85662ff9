internal import Multiplexing
internal import Sockets
internal import SystemPackage

/// What the kernel says that an epoll instance watches (`proc(5)`, `/proc/self/fdinfo`).
struct EpollRegistrations {
    private let text: String

    /// The flags that say how, not what for: EPOLLET, EPOLLONESHOT, EPOLLWAKEUP, EPOLLEXCLUSIVE. After a one-shot event they
    /// are all that is left.
    private static let ways: UInt32 = 0xf000_0000

    /// - Throws: `notFound` where `/proc` is not mounted.
    init(of epoll: borrowing Epoll) throws(IOError) {
        let path = "/proc/self/fdinfo/\(epoll.fileDescriptor.rawValue)"
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
            text = try file.closeAfter { String(decoding: try Self.contents(of: file), as: UTF8.self) }
        } catch {
            throw IOError("open", errno: error as? Errno ?? .ioError, detail: path)
        }
    }

    private static func contents(of file: FileDescriptor) throws -> [UInt8] {
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try unsafe chunk.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
            guard count > 0 else { return contents }
            contents += chunk.prefix(count)
        }
    }

    /// Whether the registration of a descriptor asks for anything.
    func isArmed(_ descriptor: FileDescriptor) -> Bool {
        for line in text.split(separator: "\n") {
            // "tfd:        5 events:       19 data: ..."
            let words = line.split(separator: " ")
            guard words.count > 3, words[0] == "tfd:", words[1] == String(descriptor.rawValue) else { continue }
            return UInt32(words[3], radix: 16).map { $0 & ~Self.ways != 0 } ?? false
        }
        return false
    }
}
