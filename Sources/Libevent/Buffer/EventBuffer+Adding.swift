internal import CLibevent
internal import CLinux
internal import Glibc
public import Sockets

extension EventBuffer {
    /// Adds a copy of `bytes` at the back. The C function is `evbuffer_add`.
    ///
    /// - Throws: `busy` while spans of the buffer are out, `frozen`, `closed`, `noMemory`, `outOfRange`.
    public func append(_ bytes: Span<UInt8>) throws(IOError) {
        try check("evbuffer_add", Block.ofAppending)
        try checkAdding(bytes.count, "evbuffer_add")
        guard !bytes.isEmpty else { return }
        let result = unsafe bytes.withUnsafeBytes { unsafe evbuffer_add(raw, $0.baseAddress, $0.count) }
        try checkStored(result, "evbuffer_add")
    }

    /// Adds the UTF-8 of `text` at the back, without a terminator. The C function is `evbuffer_add`.
    ///
    /// - Throws: as ``append(_:)-(Span<UInt8>)``.
    public func append(_ text: String) throws(IOError) {
        try append(text.utf8.span)
    }

    /// Adds bytes of any sequence at the back; those of an array are copied at once, others in pieces.
    ///
    /// - Throws: as ``append(_:)-(Span<UInt8>)``; with sequences that are not contiguous, bytes before the failure stay.
    public func append(contentsOf bytes: some Sequence<UInt8>) throws(IOError) {
        let whole = bytes.withContiguousStorageIfAvailable { storage in
            Result { () throws(IOError) in try unsafe append(storage.span) }
        }
        if let whole { return try whole.get() }
        try appendInPieces(bytes)
    }

    private func appendInPieces(_ bytes: some Sequence<UInt8>) throws(IOError) {
        var iterator = bytes.makeIterator()
        var next = iterator.next()
        while next != nil {
            try append(addingCapacity: 512) { (free) throws(IOError) in
                while !free.isFull, let byte = next {
                    free.append(byte)
                    next = iterator.next()
                }
            }
        }
    }

    /// Lets `body` write at most `capacity` bytes straight into the buffer's memory, and adds those that it wrote, also
    /// when it throws. The C functions are `evbuffer_reserve_space` and `evbuffer_commit_space`.
    ///
    /// The buffer cannot be changed inside `body`.
    ///
    /// `capacity` is 0 or more. The memory stays with the buffer, used or not, until bytes leave it.
    ///
    /// - Throws: as ``append(_:)-(Span<UInt8>)``, and what `body` throws. To throw an error of your own, return a
    ///   `Result` from it.
    public func append<R>(
        addingCapacity capacity: Int,
        _ body: (inout OutputSpan<UInt8>) throws(IOError) -> R
    ) throws(IOError) -> R {
        try check("evbuffer_reserve_space", Block.ofAppending)
        try checkAdding(capacity, "evbuffer_reserve_space")
        var extent = unsafe iovec()
        // libevent would hand out no extent at all for 0 bytes.
        guard unsafe evbuffer_reserve_space(raw, max(capacity, 1), &extent, 1) == 1 else {
            throw IOError("evbuffer_reserve_space", .noMemory)
        }
        let memory = unsafe UnsafeMutableRawBufferPointer(start: extent.iov_base, count: capacity)
        let bytes = unsafe memory.bindMemory(to: UInt8.self)
        var free = unsafe OutputSpan(buffer: bytes, initializedCount: 0)
        let result: Result<R, IOError>
        beginView()
        do throws(IOError) {
            result = .success(try body(&free))
        } catch {
            result = .failure(error)
        }
        endView()
        unsafe extent.iov_len = free.finalize(for: bytes)
        try unsafe commit(&extent, 1)
        return try result.get()
    }

    /// Makes reserved bytes part of the buffer.
    func commit(_ extents: UnsafeMutablePointer<iovec>, _ count: CInt) throws(IOError) {
        guard unsafe extents[0].iov_len > 0 else { return }
        if unsafe evbuffer_commit_space(raw, extents, count) == 0 { return }
        // libevent can hand out the middle one of its free blocks and then not know it; the bytes are still there.
        guard count == 1 else { throw IOError("evbuffer_commit_space", .noMemory) }
        let extent = unsafe extents[0]
        try checkStored(unsafe evbuffer_add(raw, extent.iov_base, extent.iov_len), "evbuffer_commit_space")
    }

    /// Makes room, in one piece, for bytes that will be added. The C function is `evbuffer_expand`.
    ///
    /// - Throws: as ``append(_:)-(Span<UInt8>)``.
    public func reserveCapacity(_ capacity: Int) throws(IOError) {
        try check("evbuffer_expand", Block.ofRearranging)
        try checkAdding(capacity, "evbuffer_expand")
        try checkStored(unsafe evbuffer_expand(raw, capacity), "evbuffer_expand")
    }

    /// Adds a copy of `bytes` at the front. The C function is `evbuffer_prepend`.
    ///
    /// - Throws: as ``append(_:)-(Span<UInt8>)``.
    public func prepend(_ bytes: Span<UInt8>) throws(IOError) {
        try check("evbuffer_prepend", Block.ofDraining)
        try checkAdding(bytes.count, "evbuffer_prepend")
        guard !bytes.isEmpty else { return }
        let result = unsafe bytes.withUnsafeBytes { unsafe evbuffer_prepend(raw, $0.baseAddress, $0.count) }
        try checkStored(result, "evbuffer_prepend")
    }

    /// Adds the UTF-8 of `text` at the front, without a terminator. The C function is `evbuffer_prepend`.
    ///
    /// - Throws: as ``append(_:)-(Span<UInt8>)``.
    public func prepend(_ text: String) throws(IOError) {
        try prepend(text.utf8.span)
    }
}
