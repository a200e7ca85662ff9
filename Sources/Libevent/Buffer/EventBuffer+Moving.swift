internal import CLibevent
public import Sockets

extension EventBuffer {
    /// Moves everything in `other` to the back of this buffer, without copying. The C function is `evbuffer_add_buffer`.
    ///
    /// - Throws: `busy` while spans of either are out, `frozen`, `closed`; `invalidArgument` for the buffer itself;
    ///   `unsupported` when `other` holds a file that this buffer cannot send.
    public func move(from other: EventBuffer) throws(IOError) {
        try checkMoving(from: other, "evbuffer_add_buffer", Block.ofAppending)
        try checkStored(unsafe evbuffer_add_buffer(raw, other.raw), "evbuffer_add_buffer")
    }

    /// Moves the first `length` bytes of `other` to the back of this buffer; at most one block of them is copied. The C
    /// function is `evbuffer_remove_buffer`.
    ///
    /// - Throws: as ``move(from:)``; `outOfRange` when `other` holds less.
    public func move(first length: Int, from other: EventBuffer) throws(IOError) {
        try other.check("evbuffer_remove_buffer", Block.ofTaking)
        try checkMoving(from: other, "evbuffer_remove_buffer", Block.ofAppending)
        try other.checkWithin(length, "evbuffer_remove_buffer")
        var left = length
        while left > 0 {
            // The C function returns an int.
            let moved = holdingReports(other) { unsafe evbuffer_remove_buffer(other.raw, raw, min(left, 1 << 30)) }
            guard moved > 0 else { throw IOError("evbuffer_remove_buffer", .noMemory) }
            left -= Int(moved)
        }
        report()
        other.report()
    }

    // The C function calls back for the one buffer while the other is in mid-change.
    private func holdingReports<R>(_ other: EventBuffer, _ body: () -> R) -> R {
        let (ours, theirs) = (watch.isReporting, other.watch.isReporting)
        watch.isReporting = true
        other.watch.isReporting = true
        defer {
            watch.isReporting = ours
            other.watch.isReporting = theirs
        }
        return body()
    }

    /// Moves everything in `other` to the front of this buffer, without copying. The C function is
    /// `evbuffer_prepend_buffer`.
    ///
    /// - Throws: as ``move(from:)``.
    public func prepend(from other: EventBuffer) throws(IOError) {
        try checkMoving(from: other, "evbuffer_prepend_buffer", Block.ofDraining)
        try checkStored(unsafe evbuffer_prepend_buffer(raw, other.raw), "evbuffer_prepend_buffer")
    }

    @inline(__always)
    private func checkMoving(
        from other: EventBuffer,
        _ operation: @autoclosure () -> IOError.Operation,
        _ blocks: UInt
    ) throws(IOError) {
        try check(operation(), blocks)
        try other.check(operation(), Block.ofDraining)
        if other === self { throw IOError(operation(), .invalidArgument, detail: "the two buffers are one") }
        if other.state & Block.contents != 0 { try inherit(from: other, operation()) }
    }

    private func inherit(from other: EventBuffer, _ operation: IOError.Operation) throws(IOError) {
        if !sendsFiles { try other.check(operation, Block.ofReading) }
        if !other.isEmpty { state |= other.state & Block.contents }
    }
}
