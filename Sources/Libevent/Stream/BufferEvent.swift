internal import CLibevent
internal import Glibc
public import Readiness
public import Sockets
internal import SystemPackage

/// A connection with a buffer for each direction: libevent reads into ``input`` and writes out of ``output``, and calls
/// back when there is something to do.
///
/// The base keeps an open stream alive until it is closed, so nobody has to hold it. Writing is enabled from the start,
/// reading when ``enable(_:)`` asks for it. Thread rule: the base's thread.
@safe
public final class BufferEvent: BaseMember {
    /// Called with the stream; an error that it throws ends this stream, and no other, as ``StreamEnd/failed(_:)``.
    public typealias StreamHandler = (BufferEvent) throws -> Void
    /// Called with the stream and why it ended.
    public typealias EndHandler = (BufferEvent, StreamEnd) -> Void

    /// Kept so that calling it counts no reference: the optimiser sees that nothing replaces it during the call, which for
    /// a closure in a plain property it must assume.
    struct ReadCallback: ~Copyable {
        let call: StreamHandler
    }

    enum Phase {
        case connecting, open
        /// Closing: output is still to be sent.
        case flushing
        /// Closing: everything is sent, and the peer's end is awaited so that the kernel does not reset the connection.
        case lingering
        case closed
    }

    let core: BaseCore
    private let raw: OpaquePointer

    /// What has arrived and was not taken yet.
    public let input: EventBuffer
    /// What is to be sent.
    public let output: EventBuffer

    // Read in every callback. They belong to the loop's thread, and no access to one spans a call.
    @safe @exclusivity(unchecked) private var readHandler: ReadCallback?
    @safe @exclusivity(unchecked) private var number: CInt
    @safe @exclusivity(unchecked) private var highWater = Int.max
    @safe @exclusivity(unchecked) private(set) var phase: Phase

    private var replacedHandlers: [StreamHandler] = []
    private var drainHandler: StreamHandler?
    private var connectHandler: StreamHandler?
    private var endHandler: EndHandler?
    private var socketOwner: Socket?
    private var inputObserver: SizeObserver?
    private var deadline: Event?
    private var readingIsPaused = false
    private var wantsReading = false
    private var peerHasEnded = false
    private var hasFailed = false
    private var shutsWritingWhenSent = false
    private var (readTimeout, writeTimeout) = (timeval(), timeval())
    /// Whether the time-outs are off until the connection is told.
    private var isConnectedLate = false
    var memberIndex = -1

    // MARK: Making

    private init(_ base: EventBase, _ socket: consuming Socket, phase: Phase) throws(IOError) {
        let core = base.core
        core.checkThread()
        guard !core.isClosed else { throw IOError("bufferevent_socket_new", .closed, detail: "the base was closed") }
        let number = socket.fileDescriptor.rawValue
        try core.checkNumber(number)
        guard let raw = unsafe bufferevent_socket_new(core.raw, number, 0),
            let input = unsafe bufferevent_get_input(raw), let output = unsafe bufferevent_get_output(raw)
        else { throw IOError("bufferevent_socket_new", .noMemory) }
        self.core = core
        unsafe self.raw = raw
        unsafe self.input = EventBuffer(borrowing: input, frozen: .back, keeping: core)
        unsafe self.output = EventBuffer(borrowing: output, frozen: .front, sendsFiles: true, keeping: core)
        self.number = number
        self.phase = phase
        socketOwner = consume socket
        setCallbacks()
        core.keep(self)
    }

    /// A stream on a socket that is connected. The C function is `bufferevent_socket_new`.
    ///
    /// - Throws: `outOfRange` for a descriptor that the base's method cannot take; `closed`; `noMemory`.
    public convenience init(adopting socket: consuming Socket, on base: EventBase) throws(IOError) {
        try self.init(base, socket, phase: .open)
    }

    /// A stream on a new connection. ``onConnect(_:)`` or ``onEnd(_:)`` tells the outcome, never before this returns; what
    /// is written before is sent when the connection stands. The C function is `bufferevent_socket_connect`.
    ///
    /// - Throws: `noDescriptors` and others that have to do with this side only.
    public convenience init(connectingTo address: SocketAddress, on base: EventBase) throws(IOError) {
        try self.init(base, try Socket(address.family, .stream), phase: .connecting)
        do throws(IOError) {
            try connect(to: address)
        } catch {
            finish()
            throw error
        }
    }

    private func connect(to address: SocketAddress) throws(IOError) {
        let result = try unsafe address.withSockAddr { unsafe bufferevent_socket_connect(raw, $0, CInt($1)) }
        guard result != 0 else { return }
        // Some failures are known at once; they are told as the others are.
        let error = IOError("connect", errno: Errno(rawValue: errno), detail: address.description)
        try core.later { [self] in end(.failed(error)) }
    }

    // MARK: Handlers

    /// What to do with ``input`` when at least the low-water mark has arrived, and with the rest of it at the end.
    public func onRead(_ handler: @escaping StreamHandler) {
        core.checkThread()
        replaceReadHandler(ReadCallback(call: handler))
    }

    /// What to do when ``output`` has fallen to its low-water mark, which is empty unless set otherwise.
    public func onDrain(_ handler: @escaping StreamHandler) {
        core.checkThread()
        drainHandler = handler
        setCallbacks()
    }

    /// What to do when the connection stands.
    public func onConnect(_ handler: @escaping StreamHandler) {
        core.checkThread()
        connectHandler = handler
    }

    /// What to do when the peer sends no more, a time-out passes, or the connection fails. Without a handler the stream
    /// is closed, after sending what is left where it can be sent.
    public func onEnd(_ handler: @escaping EndHandler) {
        core.checkThread()
        endHandler = handler
    }

    // MARK: Flow

    /// Starts to read, to write, or both. The C function is `bufferevent_enable`.
    ///
    /// - Throws: `closed`; `unsupported` for other interests.
    public func enable(_ interest: Interest) throws(IOError) {
        try checkFlow(interest, "bufferevent_enable")
        if interest.contains(.readable) { wantsReading = true }
        var events = Self.flags(interest)
        // Not before the connection stands, so that nothing is read before it is told.
        if readingIsPaused || peerHasEnded || phase == .connecting { events &= ~Int16(EV_READ) }
        guard events != 0 else { return }
        guard unsafe bufferevent_enable(raw, events) == 0 else {
            throw IOError("bufferevent_enable", errno: Errno(rawValue: errno))
        }
    }

    /// Stops to read, to write, or both, for the time being. The C function is `bufferevent_disable`.
    ///
    /// - Throws: `closed`; `unsupported` for other interests.
    public func disable(_ interest: Interest) throws(IOError) {
        try checkFlow(interest, "bufferevent_disable")
        if interest.contains(.readable) { wantsReading = false }
        unsafe bufferevent_disable(raw, Self.flags(interest))
    }

    private func checkFlow(_ interest: Interest, _ operation: IOError.Operation) throws(IOError) {
        try checkOpen(operation)
        core.leaveParent()
        guard interest.isSubset(of: [.readable, .writable]) else {
            throw IOError(
                operation,
                .unsupported,
                detail: "a stream reads and writes; use an Event for other interests"
            )
        }
    }

    private static func flags(_ interest: Interest) -> Int16 {
        Int16((interest.contains(.readable) ? EV_READ : 0) | (interest.contains(.writable) ? EV_WRITE : 0))
    }

    private func checkOpen(_ operation: @autoclosure () -> IOError.Operation) throws(IOError) {
        core.checkThread()
        guard isOpen else { throw IOError(operation(), .closed, detail: "the stream was closed") }
    }

    /// Whether the stream was neither closed nor aborted.
    public var isOpen: Bool { phase == .open || phase == .connecting }

    /// When the read handler is called, and when reading rests.
    ///
    /// - Parameters:
    ///   - low: the fewest bytes to call back for; the rest is delivered at the end of the stream whatever its size.
    ///   - high: reading rests while ``input`` holds this many bytes or more, and goes on when fewer are left; at most
    ///     4,096 bytes more than this arrive. `nil` for no limit.
    /// - Throws: `outOfRange` for a negative mark, or a high one that is not above the low one; `closed`.
    public func setReadWatermarks(low: Int = 0, high: Int? = nil) throws(IOError) {
        try checkOpen("bufferevent_setwatermark")
        guard low >= 0, high.map({ $0 > low }) ?? true else {
            throw IOError(
                "bufferevent_setwatermark",
                .outOfRange,
                detail: "a low mark of \(low) and a high one of \(high ?? 0): use 0 <= low < high"
            )
        }
        // Libevent's own high mark makes the loop spin while the handler leaves the input as it is.
        unsafe bufferevent_setwatermark(raw, Int16(EV_READ), low, 0)
        highWater = high ?? Int.max
        if high != nil, inputObserver == nil {
            inputObserver = try input.onSizeChange { [unowned self] _, _ in matchReadingToInput() }
        }
        matchReadingToInput()
    }

    /// The drain handler is called when ``output`` holds this many bytes or fewer.
    ///
    /// - Throws: `outOfRange` for a negative mark; `closed`.
    public func setDrainWatermark(_ low: Int) throws(IOError) {
        try checkOpen("bufferevent_setwatermark")
        guard low >= 0 else {
            throw IOError("bufferevent_setwatermark", .outOfRange, detail: "a mark of \(low); use zero or more")
        }
        unsafe bufferevent_setwatermark(raw, Int16(EV_WRITE), low, 0)
    }

    private func matchReadingToInput() {
        let isFull = input.count >= highWater
        guard isFull != readingIsPaused, isOpen else { return }
        readingIsPaused = isFull
        if isFull {
            unsafe bufferevent_disable(raw, Int16(EV_READ))
        } else if wantsReading, !peerHasEnded {
            unsafe bufferevent_enable(raw, Int16(EV_READ))
        }
    }

    /// How long nothing may be read, or nothing written although there is something to write. While the connection is being
    /// made, the time-out for writing limits that. The C function is `bufferevent_set_timeouts`.
    ///
    /// - Throws: `outOfRange` for time-outs that are not positive; `closed`.
    public func setTimeouts(reading: Duration? = nil, writing: Duration? = nil) throws(IOError) {
        try checkOpen("bufferevent_set_timeouts")
        for timeout in [reading, writing].compactMap(\.self) where timeout <= .zero {
            throw IOError(
                "bufferevent_set_timeouts",
                .outOfRange,
                detail: "a time-out of \(timeout); use more than zero, or nil"
            )
        }
        let (read, write) = (try timeval(reading ?? .zero), try timeval(writing ?? .zero))
        (readTimeout, writeTimeout) = (read, write)
        setTimeouts()
    }

    private func setTimeouts() {
        // Zero means none, to libevent too.
        var (read, write) = (readTimeout, writeTimeout)
        unsafe bufferevent_set_timeouts(raw, &read, &write)
    }

    /// 0, the most urgent, to one less than the base has. The C functions are `bufferevent_priority_set` and
    /// `bufferevent_get_priority`.
    public var priority: Int { unsafe phase == .closed ? 0 : Int(bufferevent_get_priority(raw)) }

    /// - Throws: `outOfRange`; `busy` while a callback of the stream is due; `closed`.
    public func setPriority(_ priority: Int) throws(IOError) {
        try checkOpen("bufferevent_priority_set")
        guard (0..<core.configuration.priorities).contains(priority) else {
            throw IOError(
                "bufferevent_priority_set",
                .outOfRange,
                detail: "priority \(priority) on a base with priorities 0 to \(core.configuration.priorities - 1)"
            )
        }
        guard unsafe bufferevent_priority_set(raw, CInt(priority)) == 0 else {
            throw IOError("bufferevent_priority_set", .busy, detail: "a callback is due")
        }
    }

    // MARK: Asking

    /// The base that the stream is on.
    ///
    /// - Throws: `closed` when the base is gone.
    public func base() throws(IOError) -> EventBase { try core.base() }

    /// The socket, for its addresses and options. Do not read from it or write to it: that is the stream's.
    public var socket: SocketReference {
        @_lifetime(borrow self) get { SocketReference(FileDescriptor(rawValue: number), of: self) }
    }

    /// For C functions that this package does not wrap. The pointer is libevent's `struct bufferevent *`; it lives until
    /// the stream is closed, and must not be freed.
    ///
    /// - Throws: `closed`.
    public func withUnsafeHandle<Result>(_ body: (OpaquePointer) -> Result) throws(IOError) -> Result {
        core.checkThread()
        guard phase != .closed else { throw IOError("bufferevent", .closed, detail: "the stream was closed") }
        return unsafe body(raw)
    }

    // MARK: Ending

    /// Tells the peer that no more will be sent, once what is in ``output`` has been. Reading goes on.
    ///
    /// - Throws: `closed`; `notConnected` and others of `shutdown(2)` when it can be done at once.
    public func finishWriting() throws(IOError) {
        try checkOpen("shutdown")
        guard phase == .open, output.isEmpty else {
            shutsWritingWhenSent = true
            setCallbacks()
            return
        }
        try socket.shutDown(.writing)
    }

    /// Sends what is left, waits for the peer to end too, and closes; after `limit` it closes whatever the state.
    ///
    /// The stream calls none of its handlers any more. A second call does nothing.
    public func close(within limit: Duration = .seconds(5)) {
        core.checkThread()
        guard isOpen else { return }
        let hasNothingToSend = phase == .connecting && output.isEmpty
        guard !hasFailed, !hasNothingToSend, limit > .zero else { return finish() }
        phase = .flushing
        core.leaveParent()
        inputObserver?.cancel()
        inputObserver = nil
        setCallbacks()
        // From here on the limit counts.
        unsafe bufferevent_set_timeouts(raw, nil, nil)
        unsafe bufferevent_setwatermark(raw, Int16(EV_WRITE), 0, 0)
        unsafe bufferevent_disable(raw, Int16(EV_READ))
        unsafe bufferevent_enable(raw, Int16(EV_WRITE))
        if output.isEmpty { linger() }
        guard phase != .closed else { return }
        startDeadline(limit)
    }

    /// Closes at once; what was not sent is lost. The stream calls none of its handlers any more.
    public func abort() {
        core.checkThread()
        finish()
    }

    private func finish() {
        guard phase != .closed else { return }
        phase = .closed
        core.leaveParent()
        unsafe bufferevent_setcb(raw, nil, nil, nil, nil)
        // The events go first: a close with a callback of libevent's under way would leave them on a dead descriptor, whose
        // number may soon be another's. While it connects, disabling leaves the one for writing; a new descriptor does not.
        unsafe bufferevent_disable(raw, Int16(EV_READ | EV_WRITE))
        unsafe bufferevent_setfd(raw, -1)
        inputObserver = nil
        input.invalidate()
        output.invalidate()
        unsafe bufferevent_free(raw)
        number = -1
        socketOwner.take()?.close()
        deadline?.close()
        deadline = nil
        core.retire(self)
        core.forget(self)
    }

    func baseIsClosing() {
        finish()
    }

    private func startDeadline(_ limit: Duration) {
        do throws(IOError) {
            let event = try Event(core, timer: { [unowned self] _, _ in finish() })
            try event.add(timeout: limit)
            deadline = event
        } catch {
            finish()
        }
    }

    /// Everything is sent. Unread input would make the close a reset, which can take from the peer what it has not read
    /// yet: so the end is announced, and what still comes is dropped until the peer ends too.
    private func linger() {
        guard !peerHasEnded, (try? socket.shutDown(.writing)) != nil else { return finish() }
        phase = .lingering
        discardInput()
        unsafe bufferevent_setwatermark(raw, Int16(EV_READ), 0, 0)
        unsafe bufferevent_enable(raw, Int16(EV_READ))
    }

    private func discardInput() {
        try? input.drain(input.count)
    }

    // MARK: Called back

    private func setCallbacks() {
        guard phase != .closed else { return }
        let needsWrite = drainHandler != nil || shutsWritingWhenSent || phase == .flushing
        unsafe bufferevent_setcb(
            raw,
            Self.readCallback,
            needsWrite ? Self.writeCallback : nil,
            Self.eventCallback,
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    // The base holds the stream until the callback is over, so that nothing needs to be counted here.

    private static let readCallback: bufferevent_data_cb = { _, context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<BufferEvent>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.didRead() }
    }

    private static let writeCallback: bufferevent_data_cb = { _, context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<BufferEvent>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.didWrite() }
    }

    private static let eventCallback: bufferevent_event_cb = { _, what, context in
        let code = errno
        guard let context = unsafe context else { return }
        unsafe Unmanaged<BufferEvent>.fromOpaque(context)._withUnsafeGuaranteedRef {
            $0.happened(CInt(what), errno: code)
        }
    }

    private func didRead() {
        let core = core
        core.enterCallback()
        if isOpen {
            callReadHandler()
        } else if phase == .lingering {
            discardInput()
        }
        core.leaveCallback()
    }

    private func didWrite() {
        let core = core
        core.enterCallback()
        if phase == .flushing {
            if output.isEmpty { linger() }
        } else if shutsWritingWhenSent, output.isEmpty {
            shutsWritingWhenSent = false
            setCallbacks()
            try? socket.shutDown(.writing)
        }
        if isOpen, let drainHandler { call(drainHandler) }
        core.leaveCallback()
    }

    private func happened(_ what: CInt, errno code: CInt) {
        let core = core
        core.enterCallback()
        if what & BEV_EVENT_CONNECTED != 0 {
            didConnect()
        } else {
            didEnd(what, errno: code)
        }
        core.leaveCallback()
    }

    private func didConnect() {
        guard phase == .connecting else { return }
        phase = .open
        if isConnectedLate { setTimeouts() }
        if wantsReading, unsafe bufferevent_enable(raw, Int16(EV_READ)) != 0 {
            return failed(IOError("bufferevent_enable", errno: Errno(rawValue: errno)))
        }
        if let connectHandler { call(connectHandler) }
        if isOpen, shutsWritingWhenSent, output.isEmpty { try? finishWriting() }
    }

    private func didEnd(_ what: CInt, errno code: CInt) {
        let isReading = what & BEV_EVENT_READING != 0
        if what & BEV_EVENT_TIMEOUT != 0 {
            timedOut(isReading)
        } else if what & BEV_EVENT_EOF != 0 {
            isReading ? peerEnded() : wroteNothing(errno: code)
        } else {
            end(phase == .connecting ? "connect" : isReading ? "readv" : "writev", Errno(rawValue: code))
        }
    }

    private func end(_ operation: IOError.Operation, _ errno: Errno) {
        isOpen ? end(.failed(IOError(operation, errno: errno))) : finish()
    }

    private func peerEnded() {
        peerHasEnded = true
        guard isOpen else { return finish() }
        if !input.isEmpty { callReadHandler() }
        end(.endOfStream)
    }

    /// Libevent reports the time-out alone even where the descriptor became ready in the same turn.
    private func timedOut(_ isReading: Bool) {
        switch phase {
        case .connecting:
            // What became of the connection is told in the next turn, however late that is.
            guard !ReadyEvents(polling: number, for: .writable).isEmpty else { return end("connect", .timedOut) }
            isConnectedLate = true
            goOnWithoutTimeouts(Int16(EV_WRITE))
        case .open:
            if !isReading { return end(.writeTimedOut) }
            guard ReadyEvents(polling: number, for: .readable).isEmpty else { return readLate() }
            wantsReading = false
            end(.readTimedOut)
        case .flushing, .lingering: goOnWithoutTimeouts(Int16(isReading ? EV_READ : EV_WRITE))
        case .closed: break
        }
    }

    private func goOnWithoutTimeouts(_ direction: Int16) {
        unsafe bufferevent_set_timeouts(raw, nil, nil)
        if unsafe bufferevent_enable(raw, direction) != 0 { finish() }
    }

    /// Reads in libevent's place: with turns that take longer than the time-out, it would never come to it.
    private func readLate() {
        unsafe evbuffer_unfreeze(input.raw, 0)
        let count = unsafe evbuffer_read(input.raw, number, -1)
        let code = errno
        unsafe evbuffer_freeze(input.raw, 0)
        if count == 0 { return peerEnded() }
        if count < 0, code != EAGAIN, code != EINTR { return end("readv", Errno(rawValue: code)) }
        // An observer of the input may have ended the stream.
        guard isOpen else { return }
        if wantsReading, !readingIsPaused { unsafe bufferevent_enable(raw, Int16(EV_READ)) }
        // It asks the low-water mark.
        if count > 0 { unsafe bufferevent_trigger(raw, Int16(EV_READ), 0) }
    }

    /// `sendfile(2)` took no byte: the socket is full after all, or the file has become shorter than its segment. Libevent
    /// takes both for the end of the stream, and disables writing.
    private func wroteNothing(errno code: CInt) {
        let isFull = code == EAGAIN && ReadyEvents(polling: number, for: .writable).isEmpty
        if isFull, unsafe bufferevent_enable(raw, Int16(EV_WRITE)) == 0 { return }
        guard isOpen else { return finish() }
        end(.failed(IOError("sendfile", .outOfRange, detail: "the file has become shorter than its segment")))
    }

    @inline(__always)
    private func callReadHandler() {
        do {
            switch readHandler {
            case .some(let handler): try handler.call(self)
            case nil: break
            }
        } catch {
            failed(error)
        }
    }

    /// The old one may be the one that runs, so it lives until no callback does.
    private func replaceReadHandler(_ new: consuming ReadCallback) {
        switch readHandler {
        case .some(let old):
            replacedHandlers.append(old.call)
            core.retire(self)
        case nil: break
        }
        readHandler = consume new
    }

    func callbacksAreOver() {
        replacedHandlers = []
        guard phase == .closed else { return }
        readHandler = nil
        (drainHandler, connectHandler, endHandler) = (nil, nil, nil)
    }

    private func call(_ handler: StreamHandler) {
        do {
            try handler(self)
        } catch {
            failed(error)
        }
    }

    private func failed(_ error: any Error) {
        if isOpen { end(.failed(IOError(thrownByHandler: error))) }
    }

    private func end(_ reason: StreamEnd) {
        guard isOpen else { return }
        if case .failed = reason { hasFailed = true }
        guard let endHandler else { return close() }
        endHandler(self, reason)
        // A connection that failed does nothing more, so nobody would close it later.
        if hasFailed { finish() }
    }
}
