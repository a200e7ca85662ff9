internal import CLibevent
public import Sockets

extension EventBuffer {
    /// Refuses what would change one end until it is unfrozen: taking and prepending at the front, appending at the
    /// back. Reading stays possible. The C function is `evbuffer_freeze`.
    ///
    /// - Throws: `unsupported` on the buffers of a stream, which freezes them itself; `busy` in a release closure.
    public func freeze(_ end: BufferEnd) throws(IOError) {
        try checkFreezing("evbuffer_freeze")
        unsafe evbuffer_freeze(raw, end == .front ? 1 : 0)
        state |= end.block
    }

    /// Allows changes of the end again. The C function is `evbuffer_unfreeze`.
    ///
    /// - Throws: as ``freeze(_:)``.
    public func unfreeze(_ end: BufferEnd) throws(IOError) {
        try checkFreezing("evbuffer_unfreeze")
        unsafe evbuffer_unfreeze(raw, end == .front ? 1 : 0)
        state &= ~end.block
    }

    private func checkFreezing(_ operation: IOError.Operation) throws(IOError) {
        try check(operation, Block.closed)
        guard isStreamBuffer else { return }
        throw IOError(operation, .unsupported, detail: "the stream relies on how the ends of its buffers are frozen")
    }
}
