import Glibc
import SystemPackage

/// Names a socket of this process whatever descriptor it has: its number may be another's as soon as it is closed.
struct SocketIdentity: Hashable {
    private let inode: ino_t

    init(_ descriptor: FileDescriptor) {
        var status = stat()
        unsafe fstat(descriptor.rawValue, &status)
        inode = status.st_ino
    }

    /// Whether a descriptor of the process leads to the socket.
    var isOpen: Bool {
        (CInt(0)..<4096).contains { number in
            var status = stat()
            return unsafe fstat(number, &status) == 0 && status.st_ino == inode && status.st_mode & S_IFMT == S_IFSOCK
        }
    }
}
