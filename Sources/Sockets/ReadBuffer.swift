/// A block of memory to read into, shared by connections that are served one after another on one thread, so that none of
/// them holds a buffer while it is idle.
@safe
public final class ReadBuffer {
    private let memory: UnsafeMutableBufferPointer<UInt8>
    // Every access is one load or store; the calls in between find the buffer in use.
    @safe @exclusivity(unchecked) private var isInUse = false

    /// - Parameter capacity: the most bytes of one read; at least 1 is used.
    public init(capacity: Int = 65_536) {
        unsafe memory = .allocate(capacity: max(capacity, 1))
        unsafe memory.initialize(repeating: 0)
    }

    deinit {
        unsafe memory.deallocate()
    }

    /// The most bytes of one read.
    public var capacity: Int { unsafe memory.count }

    /// Reads what is there and lends it to `body`, which is not called when there is nothing or the stream has ended.
    ///
    /// - Throws: the errors of the read and of `body`; `busy` inside `body`, which has the buffer.
    public func read<Handle: SocketHandle & ~Copyable & ~Escapable>(
        from socket: borrowing Handle,
        _ body: (Span<UInt8>) throws(IOError) -> Void
    ) throws(IOError) -> ReadOutcome {
        guard !isInUse else {
            throw IOError("read", .busy, detail: "the buffer is lent to a call further up; use another")
        }
        isInUse = true
        defer { isInUse = false }
        var space = unsafe memory.mutableSpan
        let outcome = try socket.read(into: &space)
        if case .bytes(let count) = outcome { try body(space.span.extracting(first: count)) }
        return outcome
    }
}
