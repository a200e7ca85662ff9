internal import Glibc
package import Sockets

/// More zeros than one system call takes. They occupy addresses, and memory only where they are written.
@safe
package final class LargeMapping: Sendable {
    // Unmapped by the end of the object only.
    private nonisolated(unsafe) let bytes: UnsafeMutableBufferPointer<UInt8>

    package init(_ count: Int) throws {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let start = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else {
            throw ToolFailure("\(count) bytes of addresses are needed")
        }
        unsafe bytes = UnsafeMutableBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count)
    }

    deinit {
        unsafe munmap(bytes.baseAddress, bytes.count)
    }

    package var count: Int { unsafe bytes.count }

    package var span: Span<UInt8> {
        @_lifetime(borrow self) get { unsafe _overrideLifetime(bytes.span, borrowing: self) }
    }

    /// Calls the body with the mapping to be written to. Only one thread may do so at a time.
    package func withMutableSpan<Result>(_ body: (inout MutableSpan<UInt8>) throws(IOError) -> Result) throws(IOError)
        -> Result
    {
        var span = unsafe bytes.mutableSpan
        return try body(&span)
    }
}
