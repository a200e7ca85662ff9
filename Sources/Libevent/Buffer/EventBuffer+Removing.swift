internal import CLibevent
public import Sockets

extension EventBuffer {
    /// Drops the first `length` bytes. The C function is `evbuffer_drain`.
    ///
    /// - Throws: `outOfRange` when the buffer holds less; `busy` while spans of it are out, `frozen`, `closed`.
    public func drain(_ length: Int) throws(IOError) {
        try check("evbuffer_drain", Block.ofDraining)
        try checkWithin(length, "evbuffer_drain")
        try checkStored(unsafe evbuffer_drain(raw, length), "evbuffer_drain")
    }

    /// Drops everything. The C function is `evbuffer_drain`.
    ///
    /// - Throws: as ``drain(_:)``.
    public func removeAll() throws(IOError) {
        try drain(count)
    }

    /// Takes bytes from the front into the free part of `output`: as many as fit and are there. The C function is
    /// `evbuffer_remove`.
    ///
    /// - Returns: how many were taken.
    /// - Throws: as ``drain(_:)``; `unsupported` while a file is queued that is not in memory.
    @discardableResult
    public func remove(into output: inout OutputSpan<UInt8>) throws(IOError) -> Int {
        try check("evbuffer_remove", Block.ofTaking)
        let taken = unsafe output.withUnsafeMutableBufferPointer { (bytes, initialized) in
            let free = UnsafeMutableRawBufferPointer(bytes.extracting(initialized...))
            let copied = unsafe copyFront(into: free)
            initialized += copied
            return copied
        }
        return try drainTaken(taken)
    }

    /// Takes bytes from the front into `output`: as many as fit and are there. The C function is `evbuffer_remove`.
    ///
    /// - Returns: how many were taken.
    /// - Throws: as ``drain(_:)``; `unsupported` while a file is queued that is not in memory.
    @discardableResult
    public func remove(into output: inout MutableSpan<UInt8>) throws(IOError) -> Int {
        try check("evbuffer_remove", Block.ofTaking)
        return try drainTaken(unsafe output.withUnsafeMutableBytes { unsafe copyFront(into: $0) })
    }

    /// Takes exactly `length` bytes from the front, as a new array. The C function is `evbuffer_remove`.
    ///
    /// - Throws: as ``drain(_:)``; `unsupported` while a file is queued that is not in memory.
    public func removeBytes(_ length: Int) throws(IOError) -> [UInt8] {
        try check("evbuffer_remove", Block.ofTaking)
        try checkWithin(length, "evbuffer_remove")
        // The standard library would write into the storage that all empty arrays share, from any thread.
        guard length > 0 else { return [] }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: length) { (memory, initialized) in
            let part = unsafe UnsafeMutableRawBufferPointer(start: memory.baseAddress, count: length)
            initialized = unsafe copyFront(into: part)
        }
        _ = try drainTaken(length)
        return bytes
    }

    // evbuffer_remove is these two steps, and returns an int.
    private func copyFront(into memory: UnsafeMutableRawBufferPointer) -> Int {
        guard let base = memory.baseAddress, memory.count > 0 else { return 0 }
        return max(unsafe evbuffer_copyout(raw, base, memory.count), 0)
    }

    private func drainTaken(_ length: Int) throws(IOError) -> Int {
        guard length > 0 else { return 0 }
        try checkStored(unsafe evbuffer_drain(raw, length), "evbuffer_remove")
        return length
    }
}
