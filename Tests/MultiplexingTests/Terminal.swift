import CLinux
import Glibc
import Sockets
import SystemPackage
import Testing

/// A terminal without a screen (`pty(7)`).
struct Terminal: ~Copyable {
    let controlling: Descriptor
    let terminal: Descriptor

    // Of ioctl_tty(2); not in the Glibc module, which lacks the functions that use them too.
    private static let setLock: UInt = 0x4004_5431
    private static let openPeer: UInt = 0x5441

    init() throws {
        let number = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        try #require(number >= 0)
        let controlling = Descriptor(adopting: FileDescriptor(rawValue: number))
        var isLocked: CInt = 0
        try #require(unsafe ioctl(number, Self.setLock, &isLocked) == 0)
        let other = ioctl(number, Self.openPeer, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        try #require(other >= 0)
        self.controlling = controlling
        terminal = Descriptor(adopting: FileDescriptor(rawValue: other))
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(unsafe clinux_write(controlling.fileDescriptor.rawValue, bytes, bytes.count) == bytes.count)
    }

    consuming func split<Result: ~Copyable>(
        _ body: (consuming Descriptor, consuming Descriptor) throws -> Result
    ) rethrows -> Result {
        try body(controlling, terminal)
    }
}
