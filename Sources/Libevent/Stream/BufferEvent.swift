internal import CLibevent
internal import Glibc
internal import Readiness
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
    let raw: OpaquePointer

    /// What has arrived and was not taken yet.
    public let input: EventBuffer
    /// What is to be sent.
    public let output: EventBuffer

    // Read in every callback. They belong to the loop's thread, and no access to one spans a call.
    @safe @exclusivity(unchecked) var readHandler: ReadCallback?
    @safe @exclusivity(unchecked) var number: CInt
    @safe @exclusivity(unchecked) var highWater = Int.max
    @safe @exclusivity(unchecked) var phase: Phase
    /// The directions that have a timeout, as libevent's flags.
    @safe @exclusivity(unchecked) var timedDirections: CInt = 0

    private var replacedHandlers: [StreamHandler] = []
    var drainHandler: StreamHandler?
    var connectHandler: StreamHandler?
    var endHandler: EndHandler?
    var socketOwner: Socket?
    var inputObserver: SizeObserver?
    var deadline: Event?
    var readingIsPaused = false
    var wantsReading = false
    var peerHasEnded = false
    var hasFailed = false
    var shutsWritingWhenSent = false
    var (readTimeout, writeTimeout) = (timeval(), timeval())
    /// Whether the time-outs are off until the connection is told.
    var isConnectedLate = false
    /// How the stream ended, where there was no handler for it.
    var unhandledEnd: StreamEnd?
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
    /// A connection to itself, which a dead local port can lead to, ends as `connectionRefused`
    /// (`SocketHandle.finishConnecting()`). A unix socket whose listener's queue is full ends as `busy`: try again later.
    ///
    /// - Throws: `noDescriptors` and others that have to do with this side only.
    public convenience init(connectingTo address: SocketAddress, on base: EventBase) throws(IOError) {
        try self.init(connecting: Socket(address.family, .stream), to: address, on: base)
    }

    /// The same with a socket that was made, and may be bound, before.
    package convenience init(
        connecting socket: consuming Socket,
        to address: SocketAddress,
        on base: EventBase
    ) throws(IOError) {
        try self.init(base, socket, phase: .connecting)
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
        let code = errno
        let detail = IOError.detail(ofConnectTo: address, -code)
        let error = IOError("connect", errno: Errno(rawValue: code), detail: detail)
        try core.later { [self] in end(.failed(error)) }
    }

    // MARK: Handlers

    /// What to do with ``input`` when at least the low-water mark has arrived, and with the rest of it at the end.
    public func onRead(_ handler: @escaping StreamHandler) {
        core.checkThread()
        guard isOpen else { return }
        replaceReadHandler(ReadCallback(call: handler))
    }

    /// What to do when ``output`` has fallen to its low-water mark, which is empty unless set otherwise.
    public func onDrain(_ handler: @escaping StreamHandler) {
        core.checkThread()
        guard isOpen else { return }
        drainHandler = handler
        setCallbacks()
    }

    /// What to do when the connection stands.
    public func onConnect(_ handler: @escaping StreamHandler) {
        core.checkThread()
        guard isOpen else { return }
        connectHandler = handler
    }

    /// What to do when the peer sends no more, a time-out passes, or the connection fails. Without a handler the stream
    /// is closed, after sending what is left where it can be sent.
    ///
    /// When that has happened already, the handler is called before this returns. Once the program has closed the stream,
    /// no handler is kept or called.
    public func onEnd(_ handler: @escaping EndHandler) {
        core.checkThread()
        if isOpen {
            endHandler = handler
        } else if let reason = unhandledEnd.take() {
            handler(self, reason)
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
}
