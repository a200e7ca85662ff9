internal import CLibevent
internal import CLinux
internal import Glibc
internal import Readiness
public import Sockets
internal import SystemPackage

extension EventBuffer {
    /// Reads what is there into the back of the buffer, at most `limit` bytes, in one system call (`readv(2)`). The C
    /// functions are `evbuffer_reserve_space` and `evbuffer_commit_space`: `evbuffer_read` asks the kernel first, and
    /// never takes more than 4,096 bytes.
    ///
    /// `limit` is at least 1. Room for so many bytes is made before the read, and kept. An empty datagram and the master
    /// side of a pseudoterminal read as in `ByteHandle.read(into:)`.
    ///
    /// - Throws: the system's error; `outOfRange`, `busy` while spans are out, `frozen`, `closed`, `noMemory`.
    public func read(
        from source: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        upTo limit: Int = 65_536
    ) throws(IOError) -> ReadOutcome {
        try check("evbuffer_read", Block.ofAppending)
        try checkAdding(limit, "evbuffer_read")
        try checkTransfer(limit, "evbuffer_read")
        let descriptor = source.fileDescriptor
        var extents = unsafe (iovec(), iovec())
        return try unsafe withUnsafeMutablePointer(to: &extents.0) { (first) throws(IOError) in
            let reserved = unsafe evbuffer_reserve_space(raw, limit, first, 2)
            guard reserved > 0 else { throw IOError("evbuffer_reserve_space", .noMemory) }
            return try unsafe fill(first, reserved, limit, from: descriptor)
        }
    }

    private func fill(
        _ extents: UnsafeMutablePointer<iovec>,
        _ reserved: CInt,
        _ limit: Int,
        from source: FileDescriptor
    ) throws(IOError) -> ReadOutcome {
        _ = unsafe cut(extents, reserved, to: limit)
        let result = unsafe clinux_readv(source.rawValue, extents, reserved)
        guard result > 0 else { return try readNothing("readv", result, from: source, room: limit) }
        try unsafe commit(extents, cut(extents, reserved, to: result))
        return .bytes(result)
    }

    /// Shortens the blocks to `length` bytes together, and returns how many of them that takes.
    private func cut(_ extents: UnsafeMutablePointer<iovec>, _ count: CInt, to length: Int) -> CInt {
        var left = length
        var used: CInt = 0
        for index in 0..<Int(count) {
            unsafe extents[index].iov_len = min(extents[index].iov_len, left)
            left -= unsafe extents[index].iov_len
            if unsafe extents[index].iov_len > 0 { used += 1 }
        }
        return used
    }

    /// Writes bytes from the front, at most `limit`, in one system call (`writev(2)` or `sendfile(2)`), and drops those
    /// that were taken. The C function is `evbuffer_write_atmost`. SIGPIPE is ignored from here on, process-wide.
    ///
    /// - Parameters:
    ///   - sink: a descriptor; what it takes at once is all that is written.
    ///   - limit: at least 1; `nil` for all there is. A file that is sent is offered to its end, whatever the limit.
    /// - Returns: how many bytes were written: 0 when there were none.
    /// - Throws: `brokenPipe`, `connectionReset` and the system's other errors; `outOfRange` also when a file has become
    ///   shorter than its segment; `busy` while spans are out, `frozen`, `closed`.
    public func write(
        to sink: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        upTo limit: Int? = nil
    ) throws(IOError) -> WriteOutcome {
        try check("evbuffer_write", Block.ofDraining)
        if let limit { try checkTransfer(limit, "evbuffer_write") }
        guard !isEmpty else { return .bytes(0) }
        SigPipe.ignore()
        // The C function returns an int.
        let most = min(limit ?? count, count, Int(CInt.max))
        let result = unsafe clibevent_write(raw, sink.fileDescriptor.rawValue, most)
        if result > 0 { return .bytes(result) }
        if result == -Int(EAGAIN) { return .wouldBlock }
        throw .write(failedWith: result)
    }

    private func checkTransfer(_ limit: Int, _ operation: @autoclosure () -> IOError.Operation) throws(IOError) {
        if limit < 1 { throw IOError(operation(), .outOfRange, detail: "a limit of \(limit) bytes; use 1 or more") }
    }
}
