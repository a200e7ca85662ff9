internal import CLinux
internal import Glibc
package import Sockets
internal import SystemPackage

/// A terminal without a screen (`pty(7)`). Both sides are non-blocking.
package struct Terminal: ~Copyable {
    /// The master side, which a terminal emulator has.
    package let controlling: Descriptor
    /// The side that programs have.
    package let terminal: Descriptor

    // Of ioctl_tty(2); not in the Glibc module, which lacks the functions that use them too.
    private static let setLock: UInt = 0x4004_5431
    private static let openPeer: UInt = 0x5441

    package init() throws {
        let number = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw ToolFailure("a terminal is needed: /dev/ptmx cannot be opened") }
        let controlling = Descriptor(adopting: FileDescriptor(rawValue: number))
        var isLocked: CInt = 0
        guard unsafe ioctl(number, Self.setLock, &isLocked) == 0 else {
            throw ToolFailure("the terminal cannot be unlocked")
        }
        terminal = try Self.openTerminal(of: controlling)
        self.controlling = controlling
    }

    /// Opens the terminal once more, as another program does.
    package static func openTerminal(of controlling: borrowing Descriptor) throws -> Descriptor {
        let flags = O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK
        let number = ioctl(controlling.fileDescriptor.rawValue, openPeer, flags)
        guard number >= 0 else { throw ToolFailure("the terminal cannot be opened") }
        return Descriptor(adopting: FileDescriptor(rawValue: number))
    }

    /// Types a text, which the terminal takes at once.
    package func type(_ text: String) throws {
        let bytes = Array(text.utf8)
        let count = unsafe clinux_write(controlling.fileDescriptor.rawValue, bytes, bytes.count)
        guard count == bytes.count else { throw ToolFailure("the terminal took \(count) of \(bytes.count) bytes") }
    }

    package consuming func split<Result: ~Copyable>(
        _ body: (consuming Descriptor, consuming Descriptor) throws -> Result
    ) rethrows -> Result {
        try body(controlling, terminal)
    }
}
