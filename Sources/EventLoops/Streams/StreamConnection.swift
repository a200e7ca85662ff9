internal import CLinux
internal import Glibc
internal import Readiness
public import Sockets
internal import SystemPackage

/// What all connections have in common: a stream on a loop, TCP or unix.
///
/// A connection is registered with its loop once, for its whole life. It writes straight to the kernel, unless it is told to
/// collect, keeps only what the kernel does not take, and asks to be told of room only then. While it is idle it holds no
/// buffer.
///
/// Thread rule: the loop's thread, which is where handlers run; anything else traps.
public class StreamConnection: @unchecked Sendable {
    // Unchecked: what changes belongs to the loop's thread, and every way in checks that it is there.

    enum State: UInt8 {
        /// On its way to the peer.
        case connecting
        /// Used by its handler.
        case open
        /// The handler has finished; what waits is written.
        case finishing
        /// All is written, the peer knows; what it still sends is dropped until it finishes too.
        case lingering
        case closed
    }

    /// The loop that the connection lives on.
    public let loop: EventLoop
    /// The address of the peer; `nil` when it is of a family that this package does not know.
    public let peer: SocketAddress?
    let limits: StreamLimits
    /// The server that it belongs to, and that counts it.
    let listener: Listener?

    // Touched for every message, by one thread; no access spans a call that could touch it again.
    @safe @exclusivity(unchecked) final var number: CInt
    @safe @exclusivity(unchecked) final var interest: Interest = .readable
    @safe @exclusivity(unchecked) final var state = State.open
    /// Whether bytes have moved since the idle timer last looked.
    @safe @exclusivity(unchecked) final var hasMoved = false
    @usableFromInline @safe @exclusivity(unchecked) final var sawEnd = false
    /// For how many quarters of the idle limit nothing has moved.
    @safe @exclusivity(unchecked) final private var quietQuarters: UInt8 = 0
    /// Whether the handler of a chunk connection runs; here, where there is room for it between others.
    @safe @exclusivity(unchecked) final var isCalling = false
    /// Whether what waits has not been offered to the kernel yet, but will be when the turn ends.
    @safe @exclusivity(unchecked) final var isCollecting = false
    /// Bytes in the kernel that the peer had not acknowledged when the idle timer last looked.
    @safe @exclusivity(unchecked) final private var unacknowledged: Int32 = 0
    @safe @exclusivity(unchecked) final var outbox = Outbox()
    @safe @exclusivity(unchecked) final var failure: StreamFailure?
    private final var watch: (any SocketWatch)?
    final var memberIndex = -1
    final var timerIndex = -1
    /// When the idle timer looks again; 0 for never.
    final private var idleDue: Int64 = 0

    init(
        _ socket: consuming Socket,
        peer: SocketAddress?,
        on loop: EventLoop,
        _ limits: StreamLimits,
        listener: Listener? = nil,
        isConnecting: Bool = false
    ) throws(IOError) {
        loop.checkThread()
        self.loop = loop
        self.peer = peer
        self.limits = limits
        self.listener = listener
        number = socket.fileDescriptor.rawValue
        if limits.options.noDelay, peer?.port != nil { try? socket.set(.noDelay, to: true) }
        if isConnecting { (state, interest) = (.connecting, .writable) }
        watch = try loop.seam.watch(socket, interest, self)
        loop.add(self)
        listener?.opened(self)
        // A connect has a limit of its own.
        if limits.idle > 0, !isConnecting { startIdleTimer() }
    }

    /// The address of this end (`getsockname(2)`).
    public final func localAddress() throws(IOError) -> SocketAddress {
        try handle().localAddress()
    }

    /// Sets an option of the socket (`setsockopt(2)`).
    public final func set<Value>(_ option: SocketOption<Value>, to value: Value) throws(IOError) {
        try handle().set(option, to: value)
    }

    /// The value of an option of the socket (`getsockopt(2)`).
    public final func value<Value>(of option: SocketOption<Value>) throws(IOError) -> Value {
        try handle().value(of: option)
    }

    /// Whether the connection is closed, by whichever side.
    public final var isClosed: Bool {
        loop.checkThread()
        return state == .closed
    }

    @_lifetime(borrow self)
    private final func handle() throws(IOError) -> SocketReference {
        loop.checkThread()
        guard state != .closed else { throw failureError("socket") }
        return SocketReference(FileDescriptor(rawValue: number), of: self)
    }

    // MARK: Called by the engine

    /// The socket is ready. Overridden with what is done for every message.
    func fire(_ ready: ReadyEvents) {}

    /// All but the reading of an open connection.
    @inline(never)
    final func fireOtherwise(_ ready: ReadyEvents) {
        guard state != .connecting else { return connectAdvanced() }
        guard interest != .failure else { return failedWhilePaused() }
        if ready.overlaps(.writing), interest.contains(.writable) { flush() }
        guard ready.overlaps(.reading), interest.contains(.readable) else { return }
        switch state {
        case .open: becameReadable()
        case .finishing, .lingering: discardInput()
        case .closed, .connecting: break
        }
    }

    /// There is something to read, and the handler is to have it.
    func becameReadable() {}

    /// Nothing is read or written at the moment, and the engine reports a failure: a reset by the peer, or that both
    /// directions have ended, which is no failure.
    private final func failedWhilePaused() {
        let socket = SocketReference(FileDescriptor(rawValue: number), of: self)
        guard let error = (try? socket.pendingError()).flatMap({ $0 }) else { return }
        wasReset(IOError("read", errno: error))
    }

    /// The peer has reset the connection while nothing was read from it.
    func wasReset(_ error: IOError) {
        close(because: error)
    }

    /// Asks how far the connect has come.
    final func connectAdvanced() {
        do throws(IOError) {
            let socket = SocketReference(FileDescriptor(rawValue: number), of: self)
            guard try socket.finishConnecting() == .connected else { return }
        } catch {
            return close(because: error)
        }
        state = .open
        if limits.idle > 0 { startIdleTimer() }
        outboxEmptied()
        updateInterest()
    }

    /// The kernel has taken all that waited.
    func outboxEmptied() {}

    /// The connection is over: waiting tasks must be resumed.
    func didClose() {}

    /// Whether a handler runs that must be cancelled at the latest when its server or its loop ends.
    var hasHandler: Bool { false }

    func cancelHandler() {}

    // MARK: Writing

    /// Writes to the kernel what it takes at once. Only while nothing waits.
    @inline(__always)
    final func send(_ bytes: Span<UInt8>) throws(IOError) -> Int {
        hasMoved = true
        let sent = unsafe bytes.withUnsafeBytes { unsafe clinux_send_quietly(number, $0.baseAddress, $0.count) }
        return sent >= 0 ? sent : try sendNothing(sent)
    }

    @inline(never)
    final func sendNothing(_ result: Int) throws(IOError) -> Int {
        if result == -Int(EAGAIN) { return 0 }
        let error = IOError("send", errno: Errno(rawValue: CInt(-result)))
        close(because: error)
        throw error
    }

    final func queue(_ bytes: Span<UInt8>) {
        outbox.append(bytes)
        updateInterest()
    }

    final func flush() {
        isCollecting = false
        while !outbox.isEmpty {
            let sent = outbox.offer(to: number)
            guard sent > 0 else { return couldNotFlush(sent) }
            hasMoved = true
            outbox.removeFirst(sent)
        }
        if state == .finishing { return finishNow() }
        outboxEmptied()
        updateInterest()
    }

    private final func couldNotFlush(_ result: Int) {
        if result == 0 || result == -Int(EAGAIN) { return waitForRoom() }
        close(because: IOError("send", errno: Errno(rawValue: CInt(-result))))
    }

    /// At the end of a turn nobody has asked for it yet.
    private final func waitForRoom() {
        if !interest.contains(.writable) { updateInterest() }
    }

    // MARK: Interest

    /// Whether the handler would take more input.
    var wantsInput: Bool { true }
    /// Whether somebody waits for room although nothing is queued.
    var wantsRoom: Bool { false }

    final func updateInterest() {
        guard state != .closed, state != .connecting else { return }
        var wanted: Interest = []
        if state == .lingering || (state == .open && wantsInput && !sawEnd) { wanted.insert(.readable) }
        if (!outbox.isEmpty && !isCollecting) || wantsRoom { wanted.insert(.writable) }
        if wanted.isEmpty, state == .open, loop.seam.capabilities.contains(.failure) { wanted = .failure }
        guard wanted != interest else { return }
        interest = wanted
        do throws(IOError) {
            try watch?.setInterest(wanted)
        } catch {
            close(because: error)
        }
    }

    // MARK: Ending

    /// The handler has finished: what waits is written, then the peer is told, and when it has finished too the socket is
    /// closed. A peer that takes too long over it is cut off.
    final func finish() {
        guard state == .open else { return }
        state = .finishing
        if outbox.isEmpty { return finishNow() }
        if isCollecting { flush() } else { updateInterest() }
    }

    private final func finishNow() {
        // To a peer that has finished there is nothing more to say.
        guard !sawEnd, limits.linger > 0 else { return close(because: nil) }
        do throws(IOError) {
            try SocketReference(FileDescriptor(rawValue: number), of: self).shutDown(.writing)
        } catch {
            return close(because: nil)
        }
        state = .lingering
        listener?.lingers(self)
        updateInterest()
        loop.setTimer(self, at: clinux_monotonic_now() + limits.linger)
    }

    private final func discardInput() {
        let room = unsafe loop.scratch
        let count = unsafe clinux_read(number, room, EventLoop.readSize)
        if count == 0 || (count < 0 && count != -Int(EAGAIN)) { close(because: nil) }
    }

    /// Closes at once; what the kernel does not take is dropped. A second call does nothing.
    ///
    /// The handler is cancelled unless it has closed the connection itself.
    final func close(because error: IOError?) {
        let wasFinished = state == .finishing || state == .lingering
        close(because: error, cancelsHandler: !wasFinished)
    }

    private final func close(because error: IOError?, cancelsHandler: Bool) {
        guard state != .closed else { return }
        let hasLingered = state == .lingering
        state = .closed
        if let error { failure = StreamFailure(error) }
        loop.cancelTimer(self)
        // The server and the loop find a handler that still runs through the list of members.
        if !hasHandler { loop.remove(self) }
        sendCollected()
        outbox.removeAll()
        watch?.close()
        watch = nil
        number = -1
        didClose()
        listener?.closed(self, afterLingering: hasLingered)
        if cancelsHandler { cancelHandler() }
    }

    /// Closes the connection and cancels its handler, also one that has closed the connection and goes on.
    final func end(because error: IOError) {
        close(because: error)
        cancelHandler()
    }

    /// What is written later would by now have been sent had it been written at once. Not where others have closed the socket.
    private final func sendCollected() {
        guard isCollecting, let watch, watch.socket.fileDescriptor.rawValue == number else { return }
        isCollecting = false
        _ = outbox.offer(to: number)
    }

    /// Closes the connection at once, and drops what waits to be written. A second call does nothing.
    ///
    /// A handler that is a task is cancelled, unless it is the handler that calls.
    public final func abort() {
        loop.checkThread()
        outbox.removeAll()
        close(because: nil, cancelsHandler: !isCalledByHandler)
    }

    /// Whether the current task is the handler's.
    var isCalledByHandler: Bool { false }

    /// What a call on a closed connection throws.
    @inline(never)
    final func failureError(_ operation: IOError.Operation) -> IOError {
        if let failure { return failure.error }
        return IOError(operation, .closed, detail: "the connection was closed")
    }

    // MARK: Timers

    private final func startIdleTimer() {
        idleDue = clinux_monotonic_now() &+ quarterOfIdle
        loop.setTimer(self, at: idleDue)
    }

    /// Rounded up, so that four of them are not shorter than the limit.
    private final var quarterOfIdle: Int64 { (limits.idle + 3) / 4 }

    /// When the timer is needed for something else; 0 for never.
    var otherDue: Int64 { 0 }

    func otherTimerFired(now: Int64) {}

    final func setTimer(atLatest deadline: Int64) {
        if let set = loop.timers.deadline(of: self), set <= deadline { return }
        loop.setTimer(self, at: deadline)
    }

    /// Looks each quarter of the limit whether anything has moved.
    private final func idleTimerFired(now: Int64) {
        let isQuiet = !peerHasAcknowledged() && !hasMoved
        hasMoved = false
        quietQuarters = isQuiet ? quietQuarters + 1 : 0
        guard quietQuarters >= 4 else { return idleDue = now &+ quarterOfIdle }
        close(because: IOError("idle", .timedOut, detail: idleDetail))
    }

    /// Whether the peer has acknowledged bytes since the timer last looked: a peer that reads slowly moves nothing that
    /// the connection would see otherwise, until the kernel has room for more.
    private final func peerHasAcknowledged() -> Bool {
        let before = unacknowledged
        unacknowledged = max(0, clinux_tcp_unacknowledged(number))
        return unacknowledged < before
    }

    private final var idleDetail: String {
        let limit = Duration.nanoseconds(limits.idle)
        guard !outbox.isEmpty else { return "nothing moved for \(limit)" }
        return "the peer has taken nothing for \(limit), and \(outbox.count) bytes wait"
    }
}

extension StreamConnection: LoopMember {
    final func loopIsEnding(_ error: IOError) {
        end(because: error)
    }
}

extension StreamConnection: TimerNode {
    final func timerFired(now: Int64) {
        guard state != .lingering else { return close(because: nil) }
        if idleDue != 0, idleDue <= now { idleTimerFired(now: now) }
        if state != .closed { otherTimerFired(now: now) }
        guard state != .closed, state != .lingering else { return }
        let due = [idleDue, otherDue].filter { $0 != 0 }.min()
        if let due { loop.setTimer(self, at: due) }
    }
}

extension ReadyEvents {
    /// What a reader acts on.
    fileprivate static let reading: ReadyEvents = [.readable, .hangUp, .error, .peerClosed]
    /// What a writer acts on.
    fileprivate static let writing: ReadyEvents = [.writable, .hangUp, .error]

    fileprivate func overlaps(_ other: ReadyEvents) -> Bool { !isDisjoint(with: other) }
}
