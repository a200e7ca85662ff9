internal import CLibevent
internal import CLinux
internal import Glibc
public import Sockets

extension EventBuffer {
    /// Shows bytes where they lie, without copying or moving them. The C function is `evbuffer_peek`.
    ///
    /// The buffer cannot be changed inside `body`.
    ///
    /// `offset` is where to begin, `length` how many bytes to show; `nil` shows all that follow.
    ///
    /// - Throws: `outOfRange` when the buffer does not have these bytes, `closed`, `unsupported` while a file is queued
    ///   that is not in memory, and what `body` throws. To throw an error of your own, return a `Result` from it.
    public func withSegments<R>(
        from offset: Int = 0,
        count length: Int? = nil,
        _ body: (borrowing ByteSegments) throws(IOError) -> R
    ) throws(IOError) -> R {
        try check("evbuffer_peek", Block.ofReading)
        let length = try checkRange(offset, length, "evbuffer_peek")
        return try unsafe withExtents(offset, length) { (extents) throws(IOError) in
            try body(unsafe ByteSegments(extents))
        }
    }

    /// Shows bytes as one span. Where they are not in one piece they are copied into one: by the C function
    /// `evbuffer_pullup` the first `length` of the buffer, once and for all; or, where its memory may not be touched,
    /// for this call only. Prefer ``withSegments(from:count:_:)`` for many bytes.
    ///
    /// The buffer cannot be changed inside `body`.
    ///
    /// `length` is how many bytes from the front; `nil` shows all.
    ///
    /// - Throws: as ``withSegments(from:count:_:)``; `noMemory`.
    public func withContiguousSpan<R>(
        first length: Int? = nil,
        _ body: (Span<UInt8>) throws(IOError) -> R
    ) throws(IOError) -> R {
        try check("evbuffer_pullup", Block.ofReading)
        let length = try checkRange(0, length, "evbuffer_pullup")
        guard length > 0 else { return try body(Span()) }
        if unsafe evbuffer_get_contiguous_space(raw) < length, state & (Block.views | Block.shared) != 0 {
            return try withCopy(of: length, body)
        }
        guard let start = unsafe evbuffer_pullup(raw, length) else { throw IOError("evbuffer_pullup", .noMemory) }
        beginView()
        defer { endView() }
        let bytes = unsafe UnsafeBufferPointer(start: start, count: length)
        return try body(unsafe bytes.span)
    }

    // evbuffer_pullup writes into the free part of the first block, even where other buffers write into it too.
    private func withCopy<R>(
        of length: Int,
        _ body: (Span<UInt8>) throws(IOError) -> R
    ) throws(IOError) -> R {
        let bytes = try copyBytes(length)
        beginView()
        defer { endView() }
        return try body(bytes.span)
    }

    /// Copies bytes into the free part of `output`, as many as fit and are there; the buffer keeps them. The C function
    /// is `evbuffer_copyout_from`.
    ///
    /// `offset` is where to begin, 0 to ``count``.
    ///
    /// - Returns: how many were copied.
    /// - Throws: as ``withSegments(from:count:_:)``.
    @discardableResult
    public func copy(from offset: Int = 0, into output: inout OutputSpan<UInt8>) throws(IOError) -> Int {
        try check("evbuffer_copyout_from", Block.ofReading)
        let length = min(try checkRange(offset, nil, "evbuffer_copyout_from"), output.freeCapacity)
        unsafe output.withUnsafeMutableBufferPointer { (bytes, initialized) in
            let free = UnsafeMutableRawBufferPointer(bytes.extracting(initialized...))
            unsafe copyOut(offset, length, to: free)
            initialized += length
        }
        return length
    }

    /// Copies bytes into `output`, as many as fit and are there; the buffer keeps them. The C function is
    /// `evbuffer_copyout_from`.
    ///
    /// `offset` is where to begin, 0 to ``count``.
    ///
    /// - Returns: how many were copied.
    /// - Throws: as ``withSegments(from:count:_:)``.
    @discardableResult
    public func copy(from offset: Int = 0, into output: inout MutableSpan<UInt8>) throws(IOError) -> Int {
        try check("evbuffer_copyout_from", Block.ofReading)
        let length = min(try checkRange(offset, nil, "evbuffer_copyout_from"), output.count)
        unsafe output.withUnsafeMutableBytes { unsafe copyOut(offset, length, to: $0) }
        return length
    }

    /// Copies exactly `length` bytes into a new array; the buffer keeps them. The C function is `evbuffer_copyout_from`.
    ///
    /// - Throws: as ``withSegments(from:count:_:)``.
    public func copyBytes(_ length: Int, from offset: Int = 0) throws(IOError) -> [UInt8] {
        try check("evbuffer_copyout_from", Block.ofReading)
        let length = try checkRange(offset, length, "evbuffer_copyout_from")
        // The standard library would write into the storage that all empty arrays share, from any thread.
        guard length > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: length) { (memory, initialized) in
            unsafe copyOut(offset, length, to: UnsafeMutableRawBufferPointer(memory))
            initialized = length
        }
    }

    // evbuffer_copyout_from refuses a frozen front, which may be read all the same.
    private func copyOut(_ offset: Int, _ length: Int, to memory: UnsafeMutableRawBufferPointer) {
        guard length > 0, let start = memory.baseAddress else { return }
        unsafe withExtents(offset, length) { extents in
            var written = 0
            for index in 0..<extents.count {
                let extent = unsafe extents[index]
                unsafe (start + written).copyMemory(from: extent.iov_base, byteCount: extent.iov_len)
                written += unsafe extent.iov_len
            }
        }
    }

    /// The length asked for, or what follows `offset`.
    func checkRange(
        _ offset: Int,
        _ length: Int?,
        _ operation: @autoclosure () -> IOError.Operation
    ) throws(IOError) -> Int {
        try checkWithin(offset, operation())
        let rest = count - offset
        guard let length else { return rest }
        guard length < 0 || length > rest else { return length }
        throw IOError(operation(), .outOfRange, detail: "\(length) bytes from \(offset); 0 to \(rest) are possible")
    }

    /// The blocks of memory that hold a range that was checked; none of them is empty.
    private func withExtents<R, E: Error>(
        _ offset: Int,
        _ length: Int,
        _ body: (UnsafeBufferPointer<iovec>) throws(E) -> R
    ) throws(E) -> R {
        guard length > 0 else { return try unsafe body(UnsafeBufferPointer(start: nil, count: 0)) }
        beginView()
        defer { endView() }
        var position = unsafe position(offset)
        let most = Int(unsafe evbuffer_peek(raw, length, &position, nil, 0))
        return try unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: most) { (extents) throws(E) in
            let base = extents.baseAddress
            let filled = min(Int(unsafe evbuffer_peek(raw, length, &position, base, CInt(most))), most)
            let used = unsafe trim(UnsafeMutableBufferPointer(start: base, count: filled), to: length)
            return try unsafe body(UnsafeBufferPointer(start: base, count: used))
        }
    }

    // The last block may reach further than asked for, and blocks without bytes may lie between the others.
    private func trim(_ extents: UnsafeMutableBufferPointer<iovec>, to length: Int) -> Int {
        var left = length
        var used = 0
        for index in 0..<extents.count {
            var extent = unsafe extents[index]
            unsafe extent.iov_len = min(extent.iov_len, left)
            guard unsafe extent.iov_len > 0 else { continue }
            left -= unsafe extent.iov_len
            unsafe extents[used] = unsafe extent
            used += 1
        }
        return used
    }

    /// libevent's pointer to an offset that was checked; valid until the buffer changes.
    func position(_ offset: Int) -> evbuffer_ptr {
        var position = unsafe evbuffer_ptr()
        unsafe evbuffer_ptr_set(raw, &position, offset, EVBUFFER_PTR_SET)
        return unsafe position
    }
}
