internal import CLinux
internal import Glibc
internal import Readiness
public import Sockets
internal import SystemPackage

/// A connection whose handler is called for each piece of input, on the loop's thread, without a task.
public final class ChunkConnection: StreamConnection, @unchecked Sendable {
    // Unchecked: as its superclass.

    /// Called with the connection and what was read: a view of the loop's buffer, which is used again when the call is
    /// over. What it throws closes the connection.
    public typealias Handler = @Sendable (ChunkConnection, Span<UInt8>) throws -> Void

    /// What ``onRoom(_:)`` is to call.
    private final class RoomCallback {
        let call: (ChunkConnection) throws -> Void

        init(_ call: @escaping (ChunkConnection) throws -> Void) {
            self.call = call
        }
    }

    /// Kept so that calling it counts no reference: the optimiser sees that nothing replaces it during the call.
    struct Callback: ~Copyable {
        let call: (ChunkConnection, Span<UInt8>) throws -> Void
    }

    /// Let go of when the connection is closed, so that a handler may hold its own connection.
    @safe @exclusivity(unchecked) private var callback: Callback?
    private var whenEnded: ((IOError?) -> Void)?
    /// In an object of its own, so that a connection that never uses it holds a pointer only.
    private var whenRoom: RoomCallback?

    init(
        _ socket: consuming Socket,
        peer: SocketAddress?,
        on loop: EventLoop,
        _ limits: StreamLimits,
        listener: Listener?,
        _ handler: @escaping (ChunkConnection, Span<UInt8>) throws -> Void
    ) throws(IOError) {
        callback = Callback(call: handler)
        try super.init(socket, peer: peer, on: loop, limits, listener: listener)
    }

    /// Called once when the connection is over: with `nil` when the peer finished or the connection was closed here, else
    /// with the failure. Writes are still sent after the peer has finished, so this is also the place for last words.
    ///
    /// On a connection that is over already, `body` is called before this returns.
    public func onEnd(_ body: @escaping (IOError?) -> Void) {
        loop.checkThread()
        guard state == .open || state == .connecting else { return body(failure?.error) }
        whenEnded = body
    }

    /// Gives the connection its own handler, in place of the one it was made with; one that is closed already would keep it.
    func setHandler(_ handler: @escaping (Span<UInt8>) throws -> Void) {
        guard state != .closed else { return }
        callback = Callback { _, chunk in try handler(chunk) }
    }

    // MARK: Reading

    override func fire(_ ready: ReadyEvents) {
        loop.enter()
        if ready == .readable, state == .open, outbox.isEmpty {
            becameReadable()
        } else {
            fireOtherwise(ready)
            if whenRoom != nil { offerRoom() }
        }
        loop.leave()
    }

    @inline(__always)
    override func becameReadable() {
        let room = unsafe loop.scratch
        let count = unsafe clinux_read(number, room, EventLoop.readSize)
        guard count > 0 else { return readNothing(count) }
        hasMoved = true
        let bytes = unsafe UnsafeRawBufferPointer(start: room, count: count).bindMemory(to: UInt8.self)
        isCalling = true
        do {
            switch callback {
            case .some(let callback): try unsafe callback.call(self, bytes.span)
            case nil: break
            }
        } catch {
            handlerThrew(error)
        }
        isCalling = false
        if state != .open { letGoOfHandler() }
    }

    /// Not while it runs.
    @inline(never)
    private func letGoOfHandler() {
        if !isCalling { callback = nil }
        whenRoom = nil
    }

    @inline(never)
    private func readNothing(_ result: Int) {
        if result == -Int(EAGAIN) { return }
        guard result == 0 else { return close(because: IOError("read", errno: Errno(rawValue: CInt(-result)))) }
        sawEnd = true
        end(nil)
        finish()
    }

    @inline(never)
    private func handlerThrew(_ error: any Error) {
        listener?.report(error)
        close(because: error as? IOError ?? IOError("handler", .handlerFailed, detail: "\(error)"))
    }

    override var wantsInput: Bool { outbox.count < limits.writeWatermark && whenRoom == nil }
    override var wantsRoom: Bool { whenRoom != nil }

    // MARK: Writing

    /// How many bytes the kernel has not been given: those that wait for the peer to read, and for the end of the turn.
    public var queuedBytes: Int {
        loop.checkThread()
        return outbox.count
    }

    /// Writes: at once as much as the kernel takes, the rest as the peer reads. While more than the watermark waits, the
    /// handler is given nothing more to read.
    ///
    /// A write is accepted whole when nothing is queued, whatever its size. After the end of the connection it does nothing;
    /// failures reach ``onEnd(_:)``.
    ///
    /// - Throws: `queueFull` when bytes are queued and these would exceed `mostQueued` of the options. Then none of them is
    ///   queued, and the connection stays as it is.
    @inlinable
    @inline(__always)
    public func write(_ bytes: Span<UInt8>) throws(IOError) {
        // In two calls, because one that can throw an error of this size costs its caller ten instructions more.
        let sent = sendNow(bytes)
        if sent != bytes.count { try writeRest(bytes, after: sent) }
    }

    /// Writes what the kernel takes.
    ///
    /// - Returns: how much it took, or -errno; a number below these where bytes wait or the connection is over.
    @usableFromInline
    func sendNow(_ bytes: Span<UInt8>) -> Int {
        loop.checkThread()
        guard state == .open, outbox.isEmpty else { return .min }
        hasMoved = true
        return unsafe bytes.withUnsafeBytes { unsafe clinux_send_quietly(number, $0.baseAddress, bytes.count) }
    }

    /// Writes text as UTF-8.
    ///
    /// - Throws: as for bytes.
    public func write(_ text: String) throws(IOError) {
        try write(text.utf8Span.span)
    }

    /// Writes when the loop has called all that is ready in this turn: what was written here until then is sent in one
    /// piece, and peers whose input came together get their answers together.
    ///
    /// For answers that are small, or made of small parts, to many who ask at once: the bytes are copied, and the first of a
    /// turn's answers waits for the last. ``write(_:)-(Span<UInt8>)`` sends what waits at once, and its own bytes behind it.
    /// The end of the connection sends it too, but for ``StreamConnection/abort()``; one that is not orderly sends only what
    /// the kernel takes.
    ///
    /// Bytes that with those that wait come to the watermark are written at once, and so is what is written outside of what
    /// the loop calls. After the end of the connection it does nothing.
    ///
    /// - Throws: as ``write(_:)-(Span<UInt8>)``.
    public func writeLater(_ bytes: Span<UInt8>) throws(IOError) {
        loop.checkThread()
        if !collect(bytes) { try write(bytes) }
    }

    /// Writes text as UTF-8 when the turn ends.
    ///
    /// - Throws: as ``write(_:)-(Span<UInt8>)``.
    public func writeLater(_ text: String) throws(IOError) {
        try writeLater(text.utf8Span.span)
    }

    /// - Returns: whether it could.
    private func collect(_ bytes: Span<UInt8>) -> Bool {
        guard state == .open, outbox.isEmpty || isCollecting, mayCollect(bytes.count) else { return false }
        if !isCollecting, !bytes.isEmpty {
            guard loop.collectsWrites, (try? loop.sendAtTurnEnd(self)) != nil else { return false }
            isCollecting = true
        }
        outbox.append(bytes)
        return true
    }

    private func mayCollect(_ more: Int) -> Bool {
        let count = outbox.count + more
        return count < limits.writeWatermark && count <= limits.mostQueued
    }

    @usableFromInline
    @inline(never)
    func writeRest(_ bytes: Span<UInt8>, after result: Int) throws(IOError) {
        guard result != .min else { return try writeBehind(bytes) }
        do throws(IOError) {
            let sent = result >= 0 ? result : try sendNothing(result)
            if sent < bytes.count { queue(bytes.extracting(droppingFirst: sent)) }
        } catch {
            // The connection is closed, and `onEnd` has been called with the error.
        }
    }

    private func writeBehind(_ bytes: Span<UInt8>) throws(IOError) {
        guard state == .open, !bytes.isEmpty else { return }
        guard !isCollecting else { return try sendCollected(and: bytes) }
        // Not their sum, which a large write could make overflow.
        guard bytes.count <= limits.mostQueued - outbox.count else {
            let detail =
                "\(outbox.count) bytes are queued, and \(bytes.count) more would exceed the \(limits.mostQueued) of "
                + "mostQueued; write less, or when queuedBytes is smaller"
            throw IOError("write", .queueFull, detail: detail)
        }
        queue(bytes)
    }

    /// In one piece, except for bytes that are not worth copying.
    private func sendCollected(and bytes: Span<UInt8>) throws(IOError) {
        let isSmall = bytes.count < limits.writeWatermark && outbox.count + bytes.count <= limits.mostQueued
        if isSmall { outbox.append(bytes) }
        flush()
        if !isSmall { try write(bytes) }
    }

    /// Calls `body` once, on the loop's thread in a later turn, when the kernel has taken everything that waits and takes
    /// more. Until then the handler is given nothing more to read.
    ///
    /// This is for a handler that has more to write than should wait in memory: it writes a part, and the next part when
    /// there is room. A second call replaces the first. If the connection ends before, `body` is dropped without a call, and
    /// ``onEnd(_:)`` reports the end. What `body` throws closes the connection.
    public func onRoom(_ body: @escaping (ChunkConnection) throws -> Void) {
        loop.checkThread()
        guard state == .open else { return }
        whenRoom = RoomCallback(body)
        updateInterest()
    }

    private func offerRoom() {
        guard state == .open, outbox.isEmpty, let body = whenRoom.take() else { return }
        do {
            try body.call(self)
        } catch {
            handlerThrew(error)
        }
        updateInterest()
    }

    // MARK: Ending

    /// Writes what waits, then closes. The handler is not called any more.
    public func close() {
        loop.checkThread()
        end(nil)
        finish()
        letGoOfHandler()
    }

    private func end(_ error: IOError?) {
        whenEnded.take()?(error)
    }

    override func didClose() {
        end(failure?.error)
        letGoOfHandler()
    }
}
