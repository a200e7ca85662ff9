internal import CLinux
internal import Glibc
public import SystemPackage

/// The owner of one socket, non-blocking and close-on-exec from birth; it is closed when it goes out of scope.
///
/// What can be done with a socket is in ``SocketHandle``, which a borrowed socket offers too.
public struct Socket: ~Copyable, Sendable, SocketHandle {
    @usableFromInline var descriptor: Descriptor

    /// A new, unconnected socket (`socket(2)`).
    ///
    /// - Throws: `noDescriptors`, `noMemory`, `permissionDenied`, `unsupported`.
    public init(_ family: AddressFamily, _ kind: SocketKind = .stream) throws(IOError) {
        descriptor = Descriptor(number: try checked("socket", clinux_socket(family.rawValue, kind.rawValue, 0)))
    }

    /// Takes over a socket made elsewhere and makes it non-blocking and close-on-exec.
    ///
    /// - Throws: the system's error if the descriptor is not open; it is then not closed either.
    public init(adopting socket: FileDescriptor) throws(IOError) {
        let flags = try checked("fcntl", clinux_get_status_flags(socket.rawValue))
        try check("fcntl", clinux_set_status_flags(socket.rawValue, flags | O_NONBLOCK))
        try check("fcntl", clinux_set_close_on_exec(socket.rawValue))
        descriptor = Descriptor(adopting: socket)
    }

    package init(number: CInt) {
        descriptor = Descriptor(number: number)
    }

    @inlinable public var fileDescriptor: FileDescriptor { descriptor.fileDescriptor }

    /// Ends ownership without closing; the caller closes the descriptor from here on.
    public consuming func release() -> FileDescriptor {
        descriptor.release()
    }

    /// Gives the descriptor to another owner.
    public consuming func intoDescriptor() -> Descriptor {
        descriptor
    }

    /// Closes the socket (`close(2)`). Unread input makes the kernel reset the connection: shut the writing half and
    /// read to the end first where the peer must get every byte.
    public consuming func close() {}

    /// Closes a connection that is not served. Its peer reads an end: what has arrived is dropped first, because the kernel
    /// resets a connection whose input was not read. Input that arrives later still resets it.
    package consuming func closeUnserved() {
        try? shutDown(.writing)
        var bytes = [UInt8](repeating: 0, count: 16_384)
        // Bounded, in case the peer sends as fast as this reads.
        for _ in 0..<64 {
            var span = bytes.mutableSpan
            guard case .bytes = try? read(into: &span) else { return }
        }
    }
}
