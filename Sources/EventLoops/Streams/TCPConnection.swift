internal import CLinux
internal import Glibc
internal import Readiness
public import Sockets
internal import SystemPackage

/// A connection that tasks read from and write to: TCP, or a unix stream.
///
/// One task may read while others write. A write waits its turn behind a write that is suspended, so that the bytes of two
/// are never mixed; a second reader is refused (`busy`).
///
/// **Cancellation.** When the task that the handler runs in is cancelled, the connection is closed and every call on it
/// throws `cancelled`. When the connection ends for a reason other than the handler's own ``close()`` or
/// ``StreamConnection/abort()``, such as a reset by the peer, a time limit or the end of the server, the handler's task is
/// cancelled; an orderly end of the peer's output is no such reason. On epoll and poll a reset is noticed in the next turn
/// although nothing is read; on select, with libevent's change list, and with libevent's poll after the end of the peer's
/// output, at the next read or write, and no later than `idle`.
///
/// When a child task is cancelled, only its call ends: a read leaves the connection as it was, what it
/// had collected included; a write closes the connection if a part of its bytes has gone out, for the peer would take what
/// follows for the rest.
///
/// Thread rule: the loop's thread, which is where handlers and their child tasks run; anything else traps.
public final class TCPConnection: StreamConnection, @unchecked Sendable {
    // Unchecked: as its superclass.

    @safe @exclusivity(unchecked) private var reader: StreamWaiter?
    /// The task that waits for room, which holds the turn to write.
    @safe @exclusivity(unchecked) private var writer: StreamWaiter?
    @safe @exclusivity(unchecked) private var isWriting = false
    /// Whether input came that nobody waited for: it is no longer asked for, and the next read looks for itself.
    @safe @exclusivity(unchecked) private var hasInput = false
    /// What was read and not yet taken; `nil` nearly always.
    @safe @exclusivity(unchecked) var inbox: Inbox?
    private var writersInLine: [StreamWaiter] = []
    private var lastWait: UInt32 = 0
    /// The task of the handler. Its cancellation closes the connection, so its waits need no cancellation handler.
    private var ownTask = TaskReference.none
    private var isCancelled = false
    private var readDue: Int64 = 0
    private var writeDue: Int64 = 0

    // MARK: Called by the engine

    override func fire(_ ready: ReadyEvents) {
        loop.enter()
        if ready == .readable, state == .open {
            becameReadable()
        } else {
            fireOtherwise(ready)
        }
        loop.leave()
    }

    @inline(__always)
    override func becameReadable() {
        guard let reader else { return stopAsking() }
        self.reader = nil
        reader.resume(.ready)
    }

    /// Nobody reads: without this, every wait would end at once.
    @inline(never)
    private func stopAsking() {
        hasInput = true
        updateInterest()
    }

    override var wantsInput: Bool { !hasInput }
    override var wantsRoom: Bool { writer != nil }

    override func outboxEmptied() {
        guard let writer = writer.take() else { return }
        writer.resume(.ready)
    }

    override func didClose() {
        let outcome: WaitOutcome = isCancelled ? .cancelled : .closed
        if let reader = reader.take() { reader.resume(outcome) }
        if let writer = writer.take() { writer.resume(outcome) }
        for waiter in writersInLine { waiter.resume(outcome) }
        writersInLine = []
        inbox = nil
    }

    /// What the peer sent before the reset can still be read.
    override func wasReset(_ error: IOError) {
        var unread = inbox.take()
        readAvailable(into: &unread)
        close(because: error)
        inbox = unread
        hasInput = true
    }

    /// At most what the kernel's receive buffer holds.
    private func readAvailable(into unread: inout Inbox?) {
        let room = unsafe loop.scratch
        while true {
            let count = unsafe clinux_read(number, room, EventLoop.readSize)
            guard count > 0 else { return }
            let bytes = unsafe UnsafeRawBufferPointer(start: room, count: count).bindMemory(to: UInt8.self)
            if unread == nil { unread = Inbox([]) }
            unsafe unread?.append(bytes.span)
        }
    }

    // MARK: Waiting

    /// Runs a handler whose task owns the connection. Inlined, and not generic over what the handler returns, so that the
    /// frames of a task which only reads and writes fit into the first block of its memory.
    @inline(__always)
    func own(_ handler: (TCPConnection) async throws -> Void) async throws {
        beginHandler()
        defer { endHandler() }
        try await withTaskCancellationHandler {
            try await handler(self)
        } onCancel: {
            loop.post { [self] in cancel() }
        }
    }

    private func beginHandler() {
        ownTask = .current
        // Closed before the task began.
        if state == .closed { cancelHandler() }
    }

    private func endHandler() {
        ownTask = .none
        if state == .closed { loop.remove(self) }
    }

    override var hasHandler: Bool { ownTask != .none }

    override func cancelHandler() {
        ownTask.cancel()
    }

    override var isCalledByHandler: Bool { hasHandler && ownTask == .current }

    /// The error of a handler, or the failure of the connection where that is why the handler was cancelled.
    func explained(_ error: any Error) -> any Error {
        let isCancellation = error is CancellationError || (error as? IOError)?.code == .cancelled
        guard isCancellation, !isCancelled, let failure else { return error }
        return failure.error
    }

    /// Whether an error only says that the server or the program has ended the connection; to be asked before it is closed
    /// because of the error.
    func wasEndedByUs(_ error: any Error) -> Bool {
        if let error = error as? IOError { return error.code == .cancelled || error.code == .closed }
        // An abort by other code than the handler leaves no failure.
        return error is CancellationError && (isCancelled || state == .closed)
    }

    /// The handler's task was cancelled.
    private func cancel() {
        guard hasHandler, state != .closed else { return }
        isCancelled = true
        close(because: IOError("TCPConnection", .cancelled, detail: "the task of the connection was cancelled"))
    }

    /// Has the task wait for input, if it is the one that owns the connection; else it is resumed at once, to wait in a way
    /// in which it can be cancelled by itself.
    @usableFromInline
    func startWaiting(_ continuation: UnsafeContinuation<WaitOutcome, Never>) {
        guard unsafe TaskReference(waitingIn: continuation) == ownTask else {
            return unsafe continuation.resume(returning: .isForeign)
        }
        reader = unsafe StreamWaiter(resume: Resumption(continuation), number: 0)
        if limits.read > 0 { setTimer(atLatest: readDue) }
    }

    /// For a task that may be cancelled on its own.
    nonisolated(nonsending) private func waitForInput() async throws(IOError) {
        // One that was resumed and has not run yet is not registered.
        guard reader == nil else { throw cannotRead() }
        if limits.read > 0 { setTimer(atLatest: readDue) }
        lastWait &+= 1
        let number = lastWait
        let outcome: WaitOutcome = await withTaskCancellationHandler {
            await suspended { resume in
                guard !Task.isCancelled else { return resume(.cancelled) }
                reader = StreamWaiter(resume: resume, number: number)
            }
        } onCancel: {
            loop.post { [self] in cancelRead(number) }
        }
        if outcome != .ready { throw error("read", outcome) }
    }

    private func cancelRead(_ number: UInt32) {
        guard let waiting = reader, waiting.number == number else { return }
        reader = nil
        waiting.resume(.cancelled)
    }

    @inline(never)
    private func error(_ operation: IOError.Operation, _ outcome: WaitOutcome) -> IOError {
        switch outcome {
        case .ready, .closed: failureError(operation)
        case .cancelled, .isForeign: IOError(operation, .cancelled)
        case .timedOut: IOError(operation, .timedOut)
        }
    }

    override var otherDue: Int64 {
        let dues = [reader == nil ? 0 : readDue, writer == nil ? 0 : writeDue].filter { $0 > 0 }
        return dues.min() ?? 0
    }

    override func otherTimerFired(now: Int64) {
        if readDue > 0, readDue <= now, let waiter = reader.take() {
            waiter.resume(.timedOut)
        }
        if writeDue > 0, writeDue <= now, let waiter = writer.take() {
            waiter.resume(.timedOut)
        }
    }

    // MARK: Reading

    /// The next bytes, as many as one read gives and at most 65,536, or `nil` when the peer has finished.
    ///
    /// - Throws: `connectionReset`; `timedOut` when the connection's options limit a read or its idleness; `cancelled`;
    ///   `closed`; `busy` while another task reads.
    @inlinable
    @inline(__always)
    nonisolated(nonsending) public func read() async throws(IOError) -> Chunk? {
        // Inlined into the handler, for a call to an asynchronous function costs a frame: the path of nearly every message
        // has one suspension, and nothing else that is asynchronous.
        if try mustWaitForInput() {
            // Its other form looks for the executor twice, before and after: a tenth of what a message costs.
            let outcome: WaitOutcome = unsafe await _unsafeInheritExecutor_withUnsafeContinuation {
                unsafe startWaiting($0)
            }
            if let chunk = try receive(after: outcome) { return chunk }
            if sawEnd { return nil }
        }
        return try await readOtherwise()
    }

    @usableFromInline
    func mustWaitForInput() throws(IOError) -> Bool {
        loop.checkThread()
        guard state == .open || inbox != nil, reader == nil else { throw cannotRead() }
        if limits.read > 0 { readDue = clinux_monotonic_now() &+ limits.read }
        return !hasInput && !sawEnd && inbox == nil
    }

    /// What has come; `nil` when the task must look for itself.
    @usableFromInline
    func receive(after outcome: WaitOutcome) throws(IOError) -> Chunk? {
        guard outcome == .ready else {
            guard outcome == .isForeign else { throw error("read", outcome) }
            return nil
        }
        return try receiveChunk()
    }

    /// All that is not one wait and one read.
    @usableFromInline
    nonisolated(nonsending) func readOtherwise() async throws(IOError) -> Chunk? {
        if inbox != nil { return takeFromInbox() }
        return try await readMore()
    }

    /// The next bytes from the socket.
    nonisolated(nonsending) func readMore() async throws(IOError) -> Chunk? {
        while !sawEnd {
            if !hasInput { try await waitForInput() }
            if let chunk = try receiveChunk() { return chunk }
        }
        return nil
    }

    /// Reads into a block of the loop's; `nil` when nothing is there.
    @inline(__always)
    private func receiveChunk() throws(IOError) -> Chunk? {
        let block = unsafe loop.takeBlock()
        let count: Int
        do throws(IOError) {
            count = try unsafe receive(block._withUnsafeGuaranteedRef { unsafe $0.room })
        } catch {
            // By hand: a chunk that is alive when a typed error is thrown would not be ended.
            unsafe ByteBlock.giveBack(block)
            throw error
        }
        guard count > 0 else {
            unsafe ByteBlock.giveBack(block)
            return nil
        }
        return unsafe Chunk(block, count: count)
    }

    @inline(never)
    private func cannotRead() -> IOError {
        guard reader != nil else { return isCancelled ? error("read", .cancelled) : failureError("read") }
        return IOError("read", .busy, detail: "another task reads from the connection; let one read for all")
    }

    /// Reads from the socket: the number of bytes, 0 when there are none now, or at the end.
    @inline(__always)
    private func receive(_ room: UnsafeMutableRawBufferPointer) throws(IOError) -> Int {
        // Closed while the task was on its way here.
        guard state == .open else { throw failureError("read") }
        let count = unsafe clinux_read(number, room.baseAddress, room.count)
        hasMoved = true
        return count > 0 ? count : try receivedNothing(count)
    }

    @inline(never)
    private func receivedNothing(_ result: Int) throws(IOError) -> Int {
        if result == -Int(EAGAIN) {
            hasInput = false
            updateInterest()
            return 0
        }
        guard result == 0 else {
            let error = IOError("read", errno: Errno(rawValue: CInt(-result)))
            close(because: error)
            throw error
        }
        hasInput = false
        sawEnd = true
        updateInterest()
        return 0
    }

    // MARK: Writing

    /// Writes all of the bytes: returns when the kernel has them, but for at most the watermark of the options, which the
    /// loop goes on to write. Suspends while the peer is slow.
    ///
    /// - Throws: `brokenPipe` or `connectionReset` when nobody will read it; `timedOut`; `cancelled`; `closed`.
    @inlinable
    @inline(__always)
    nonisolated(nonsending) public func write(_ bytes: Span<UInt8>) async throws(IOError) {
        let sent = try writeNow(bytes)
        if sent < bytes.count { try await writeRest(bytes, after: sent) }
    }

    /// Writes a chunk.
    @inlinable
    @inline(__always)
    nonisolated(nonsending) public func write(_ chunk: borrowing Chunk) async throws(IOError) {
        let sent = try writeNow(chunk.span)
        if sent < chunk.count { try await writeRest(chunk.span, after: sent) }
    }

    /// Writes an array of bytes.
    nonisolated(nonsending) public func write(_ bytes: [UInt8]) async throws(IOError) {
        try await write(bytes.span)
    }

    /// Writes text as UTF-8.
    nonisolated(nonsending) public func write(_ text: String) async throws(IOError) {
        try await write(Array(text.utf8).span)
    }

    @usableFromInline
    func writeNow(_ bytes: Span<UInt8>) throws(IOError) -> Int {
        loop.checkThread()
        guard state == .open else { throw cannotWrite() }
        guard outbox.isEmpty, !isWriting else { return 0 }
        return try send(bytes)
    }

    @inline(never)
    private func cannotWrite() -> IOError {
        isCancelled ? error("write", .cancelled) : failureError("write")
    }

    @usableFromInline
    nonisolated(nonsending) func writeRest(_ bytes: Span<UInt8>, after sent: Int) async throws(IOError) {
        try await takeTurn()
        defer { passTurn() }
        try await sendAll(bytes, after: sent, isBegun: sent > 0)
    }

    /// Writes two pieces one after the other, such as a header and its body, in one call where the kernel takes them
    /// (`sendmsg(2)`).
    ///
    /// - Throws: as for one piece.
    nonisolated(nonsending) public func write(
        _ first: Span<UInt8>,
        _ second: Span<UInt8>
    ) async throws(IOError) {
        let sent = try writeNow(first, second)
        guard sent < first.count + second.count else { return }
        try await takeTurn()
        defer { passTurn() }
        if sent < first.count { try await sendAll(first, after: sent, isBegun: sent > 0) }
        try await sendAll(second, after: max(0, sent - first.count), isBegun: true)
    }

    private func writeNow(_ first: Span<UInt8>, _ second: Span<UInt8>) throws(IOError) -> Int {
        loop.checkThread()
        guard state == .open else { throw cannotWrite() }
        guard outbox.isEmpty, !isWriting else { return 0 }
        hasMoved = true
        let sent = unsafe first.withUnsafeBytes { first in
            unsafe second.withUnsafeBytes { second in
                unsafe clinux_send_pair(number, first.baseAddress, first.count, second.baseAddress, second.count)
            }
        }
        return sent >= 0 ? sent : try sendNothing(sent)
    }

    /// Writes until the rest may be queued. The task has the turn.
    nonisolated(nonsending) private func sendAll(
        _ bytes: Span<UInt8>,
        after sent: Int,
        isBegun: Bool
    ) async throws(IOError) {
        var done = sent
        while !canQueue(bytes.count - done) {
            do throws(IOError) {
                try await waitForRoom()
            } catch {
                // What follows would be taken for the rest of this.
                if isBegun || done > 0 { close(because: error) }
                throw error
            }
            done += try send(bytes.extracting(droppingFirst: done))
        }
        guard done < bytes.count else { return }
        // Closed while this write waited its turn.
        guard state == .open else { throw cannotWrite() }
        queue(bytes.extracting(droppingFirst: done))
    }

    private func canQueue(_ count: Int) -> Bool {
        outbox.count + count <= limits.writeWatermark
    }

    /// Waits behind a write that is suspended.
    nonisolated(nonsending) private func takeTurn() async throws(IOError) {
        guard isWriting else {
            isWriting = true
            return
        }
        let outcome = await suspend { self.writersInLine.append($0) }
        guard outcome == .ready else { throw error("write", outcome) }
    }

    private func passTurn() {
        guard !writersInLine.isEmpty else {
            isWriting = false
            return
        }
        writersInLine.removeFirst().resume(.ready)
    }

    /// Suspends until the kernel has taken all that waits and would take more.
    nonisolated(nonsending) private func waitForRoom() async throws(IOError) {
        guard state == .open else { throw cannotWrite() }
        if limits.write > 0 { setWriteDeadline(clinux_monotonic_now() &+ limits.write) }
        try await waitForWriting()
    }

    private func setWriteDeadline(_ deadline: Int64) {
        writeDue = deadline
        setTimer(atLatest: deadline)
    }

    /// Suspends until the connect is finished.
    nonisolated(nonsending) func waitForConnect(until deadline: Int64) async throws(IOError) {
        setWriteDeadline(deadline)
        defer { writeDue = 0 }
        do throws(IOError) {
            try await waitForWriting("connect")
        } catch {
            // A loop that is late may come to the deadline first, and find the outcome only when it asks.
            if error.code == .timedOut, state == .connecting { connectAdvanced() }
            if error.code == .timedOut, state == .open { return }
            close(because: error)
            throw failureError("connect")
        }
    }

    nonisolated(nonsending) private func waitForWriting(
        _ operation: IOError.Operation = "write"
    ) async throws(IOError) {
        let outcome = await suspend { waiter in
            self.writer = waiter
            self.updateInterest()
        }
        guard outcome == .ready else { throw error(operation, outcome) }
        guard state == .open else { throw cannotWrite() }
    }

    /// Suspends the task; `register` puts it where it will be found.
    nonisolated(nonsending) private func suspend(_ register: (StreamWaiter) -> Void) async -> WaitOutcome {
        lastWait &+= 1
        let number = lastWait
        return await withTaskCancellationHandler {
            await suspended { resume in
                guard !Task.isCancelled else { return resume(.cancelled) }
                register(StreamWaiter(resume: resume, number: number))
            }
        } onCancel: {
            loop.post { [self] in cancelWrite(number) }
        }
    }

    private func cancelWrite(_ number: UInt32) {
        if let waiting = writer, waiting.number == number {
            writer = nil
            updateInterest()
            return waiting.resume(.cancelled)
        }
        guard let place = writersInLine.firstIndex(where: { $0.number == number }) else { return }
        writersInLine.remove(at: place).resume(.cancelled)
    }

    // MARK: Ending

    /// Tells the peer that nothing more will be written, when all that was is on its way; it can still be read from.
    ///
    /// - Throws: as `write`.
    nonisolated(nonsending) public func finishWriting() async throws(IOError) {
        try await drain()
        guard state == .open else { throw cannotWrite() }
        try SocketReference(SystemPackage.FileDescriptor(rawValue: number), of: self).shutDown(.writing)
    }

    /// Closes the connection when all that was written is on its way. Returns then; the peer has a moment to finish too,
    /// so that nothing is lost on the way.
    ///
    /// - Throws: as `write`. On a connection that is closed it does nothing.
    nonisolated(nonsending) public func close() async throws(IOError) {
        loop.checkThread()
        guard state == .open else { return }
        try await drain()
        finish()
    }

    /// Waits until the kernel has all that was written.
    nonisolated(nonsending) private func drain() async throws(IOError) {
        loop.checkThread()
        guard state == .open else { throw cannotWrite() }
        guard !outbox.isEmpty || isWriting else { return }
        try await takeTurn()
        defer { passTurn() }
        if !outbox.isEmpty { try await waitForRoom() }
    }
}
