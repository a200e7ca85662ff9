internal import CLinux
public import SystemPackage

/// The owner of one descriptor, which it closes when it goes out of scope.
///
/// Multiplexers learn of the close: the descriptor is removed from each first, even where a duplicate keeps its file
/// open, and an event that was read for the old file is never given to the next file with the same number.
public struct Descriptor: ~Copyable, Sendable, ByteHandle {
    @usableFromInline let number: CInt

    /// Takes over an open descriptor that nobody else closes.
    public init(adopting descriptor: FileDescriptor) {
        number = descriptor.rawValue
    }

    package init(number: CInt) {
        self.number = number
    }

    @inlinable public var fileDescriptor: FileDescriptor { FileDescriptor(rawValue: number) }

    /// A close-on-exec copy of the descriptor: a second owner of the same open file (`fcntl(2)`, F_DUPFD_CLOEXEC).
    public func duplicate() throws(IOError) -> Descriptor {
        Descriptor(number: try checked("fcntl", clinux_duplicate(number, 0)))
    }

    /// Ends ownership without closing; the caller closes the descriptor from here on.
    public consuming func release() -> FileDescriptor {
        let descriptor = fileDescriptor
        discard self
        return descriptor
    }

    /// Closes the descriptor (`close(2)`), which leaves it closed whatever the kernel reports; never repeated.
    public consuming func close() {}

    deinit {
        clinux_watches_end(number)
        _ = clinux_close(number)
    }
}
