public import CLinux
public import SystemPackage

/// What can be done with an open descriptor that carries bytes, be it a socket, a pipe or a terminal, whoever owns it.
///
/// Where a non-blocking descriptor would make the caller wait, the outcome says so. A call that a signal interrupts is
/// repeated.
public protocol ByteHandle: DescriptorHolder, ~Copyable, ~Escapable {}

extension ByteHandle where Self: ~Copyable, Self: ~Escapable {
    /// Reads what is there, at most the size of `buffer` (`read(2)`).
    ///
    /// - A datagram without bytes is `.bytes(0)`; a datagram socket never reports `.end`. On a sequential-packet socket,
    ///   empty messages that come last before the peer's close count as part of the end.
    ///   ``SocketHandle/receive(into:)`` also returns the sender.
    /// - The master side of a pseudoterminal reports `.end` while no program has the terminal open (EIO in `pty(7)`). It
    ///   has more to read when a program opens the terminal again.
    ///
    /// - Throws: `connectionReset`, once: later reads report the end. On any other file, EIO stays an error.
    @inlinable
    public func read(into buffer: inout MutableSpan<UInt8>) throws(IOError) -> ReadOutcome {
        let number = fileDescriptor.rawValue
        let result = unsafe buffer.withUnsafeMutableBytes { unsafe clinux_read(number, $0.baseAddress, $0.count) }
        return result > 0 ? .bytes(result) : try readNothing("read", result, from: fileDescriptor, room: buffer.count)
    }

    /// Reads what is there into the free part of `buffer` (`read(2)`); the rest as above.
    @inlinable
    public func read(into buffer: inout OutputSpan<UInt8>) throws(IOError) -> ReadOutcome {
        let number = fileDescriptor.rawValue
        let room = buffer.freeCapacity
        let result = unsafe buffer.withUnsafeMutableBufferPointer { (bytes, count) in
            let free = UnsafeMutableRawBufferPointer(bytes.extracting(count...))
            let result = unsafe clinux_read(number, free.baseAddress, free.count)
            if result > 0 { count += result }
            return result
        }
        return result > 0 ? .bytes(result) : try readNothing("read", result, from: fileDescriptor, room: room)
    }

    /// Writes as much as is taken now (`write(2)`). Raises no SIGPIPE: it is ignored in this process from here on, if
    /// nobody handles it.
    ///
    /// - Throws: `brokenPipe` when nobody will read it.
    public func write(_ bytes: Span<UInt8>) throws(IOError) -> WriteOutcome {
        SigPipe.ignore()
        let number = fileDescriptor.rawValue
        let result = unsafe bytes.withUnsafeBytes { unsafe clinux_write(number, $0.baseAddress, $0.count) }
        return try writeOutcome("write", result)
    }
}
