internal import CLinux
internal import Glibc
public import SystemPackage

/// A descriptor that others have too, such as the terminal that a shell shares with its programs: non-blocking while
/// this value lives, then as it was before. It is never closed here.
///
/// Whether calls block belongs to the open file, not to the descriptor: standard input, output and error of a terminal
/// are mostly one file, and whoever has it sees the change. Of several values for one file the first to be made must
/// be the last to end.
public struct SharedDescriptor: ~Copyable, ByteHandle {
    public let fileDescriptor: FileDescriptor
    private let wasBlocking: Bool

    /// Makes the descriptor non-blocking (`fcntl(2)`, O_NONBLOCK). Whoever owns it keeps it open.
    ///
    /// - Throws: the system's error (EBADF) if it is not open.
    public init(borrowing descriptor: FileDescriptor) throws(IOError) {
        let flags = try checked("fcntl", clinux_get_status_flags(descriptor.rawValue))
        let blocks = flags & O_NONBLOCK == 0
        if blocks { try check("fcntl", clinux_set_status_flags(descriptor.rawValue, flags | O_NONBLOCK)) }
        fileDescriptor = descriptor
        wasBlocking = blocks
    }

    /// A close-on-exec copy with an owner, for an engine to watch: closing it leaves the shared one open (`fcntl(2)`,
    /// F_DUPFD_CLOEXEC).
    public func duplicate() throws(IOError) -> Descriptor {
        Descriptor(number: try checked("fcntl", clinux_duplicate(fileDescriptor.rawValue, 0)))
    }

    /// Puts back what was there before, as the end of the scope does.
    ///
    /// - Throws: the system's error (EBADF) if the descriptor has been closed meanwhile.
    public consuming func giveBack() throws(IOError) {
        let result = putBack()
        discard self
        try check("fcntl", result)
    }

    private func putBack() -> CInt {
        guard wasBlocking else { return 0 }
        let flags = clinux_get_status_flags(fileDescriptor.rawValue)
        return flags < 0 ? flags : clinux_set_status_flags(fileDescriptor.rawValue, flags & ~O_NONBLOCK)
    }

    deinit {
        _ = putBack()
    }
}
