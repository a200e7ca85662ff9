/// A block of memory to read into, shared by connections that are served one after another on one thread, so that none of
/// them holds a buffer while it is idle.
@safe
public final class ReadBuffer {
    @usableFromInline let memory: UnsafeMutableBufferPointer<UInt8>
    // Every access is one load or store; the calls in between find the buffer in use.
    @usableFromInline @safe @exclusivity(unchecked) var isInUse = false

    /// - Parameter capacity: the most bytes of one read; at least 1 is used.
    public init(capacity: Int = 65_536) {
        unsafe memory = .allocate(capacity: max(capacity, 1))
        unsafe memory.initialize(repeating: 0)
    }

    deinit {
        unsafe memory.deallocate()
    }

    /// The most bytes of one read.
    @inlinable public var capacity: Int { unsafe memory.count }

    /// Lends the whole block for a call; what is in it at the end is not kept for the next.
    ///
    /// - Throws: what `body` throws; `busy` inside `body`, which has the buffer.
    @inlinable
    public func lend<Result>(
        _ body: (inout MutableSpan<UInt8>) throws(IOError) -> Result
    ) throws(IOError) -> Result {
        guard !isInUse else { throw isLent() }
        isInUse = true
        defer { isInUse = false }
        var bytes = unsafe memory.mutableSpan
        return try body(&bytes)
    }

    @usableFromInline
    func isLent() -> IOError {
        IOError("read", .busy, detail: "the buffer is lent to a call further up; use another")
    }
}
