internal import Readiness
public import Sockets
internal import Synchronization

/// A server for TCP or unix streams: it accepts connections on one or more loops, and has a handler serve each.
///
/// It listens from its making on, so that ``address`` is known and clients can connect; `run` serves them.
public final class TCPServer: Sendable {
    /// The address that is listened on, with the port that the kernel chose where 0 was asked for.
    public let address: SocketAddress
    private let listeners: [Listener]
    /// Loops that were made for this server, and end with it.
    private let ownLoops: [EventLoop]
    private let isRunning = Atomic(false)

    /// Listens on an address, on loops that others use too.
    ///
    /// With several loops, such as those of an ``EventLoopGroup``, `options.spreading` says how connections are spread.
    ///
    /// The server has its address alone, whatever the number of loops: a second server on it gets `addressInUse`, unless
    /// both have `BindOptions.reusePort` in `options.bind`. With several loops and ``Spreading/reusePort`` the kernel
    /// still admits a program that the same user starts later and that sets SO_REUSEPORT itself.
    ///
    /// The file of a unix address is removed when the server stops listening, unless another file has taken its place.
    ///
    /// - Throws: `addressInUse`, `addressNotAvailable`, `permissionDenied`, `noDescriptors`; `closed` for a loop that has
    ///   ended; `invalidArgument` without a loop, for a limit of connections below 1, and for a unix address that several
    ///   loops are to share by port. A unix socket's file that a crash left behind gives `addressInUse` too, unless
    ///   `options.bind` has `BindOptions.replaceStaleSocket`.
    public init(
        on address: SocketAddress,
        loops: [EventLoop],
        options: ServerOptions = ServerOptions()
    ) throws(IOError) {
        (self.address, listeners) = try Self.listen(on: address, loops, options)
        ownLoops = []
    }

    /// Listens on an address, on a loop of its own that ends with `run`.
    ///
    /// - Throws: as with loops, and what the making of a loop throws.
    public init(
        on address: SocketAddress,
        engine: LoopEngine = .native,
        options: ServerOptions = ServerOptions()
    ) throws(IOError) {
        let loop = try EventLoop(engine: engine)
        do throws(IOError) {
            (self.address, listeners) = try Self.listen(on: address, [loop], options)
        } catch {
            loop.end()
            throw error
        }
        ownLoops = [loop]
    }

    /// Accepts from a socket that listens already, such as one that was inherited, on several loops in turn.
    ///
    /// Other processes may accept from the same socket. The server therefore leaves the file of a unix address alone, and,
    /// when it is ended at once, the connections that nobody has accepted yet.
    ///
    /// - Throws: `invalidArgument` for a socket that does not listen, without a loop, and for a limit of connections below
    ///   1; `closed` for a loop that has ended.
    public init(
        adopting socket: consuming Socket,
        loops: [EventLoop],
        options: ServerOptions = ServerOptions()
    ) throws(IOError) {
        try Self.check(loops)
        let admission = try Admission(most: options.mostConnections)
        address = try socket.localAddress()
        listeners = try Listener.sharing(socket, ownsQueue: false, on: loops, options, admission)
        ownLoops = []
    }

    /// Accepts from a socket that listens already, such as one that was inherited.
    ///
    /// - Throws: as on several loops.
    public convenience init(
        adopting socket: consuming Socket,
        on loop: EventLoop,
        options: ServerOptions = ServerOptions()
    ) throws(IOError) {
        try self.init(adopting: socket, loops: [loop], options: options)
    }

    deinit {
        // One that never ran has a loop that nobody else could end.
        guard !isRunning.load(ordering: .relaxed) else { return }
        for loop in ownLoops { loop.end() }
    }

    /// Connections accepted so far.
    public var acceptedConnections: Int { listeners.reduce(0) { $0 + $1.accepted.load(ordering: .relaxed) } }

    /// Connections closed unserved so far: because the process had no descriptor left, and at the end of the server.
    public var refusedConnections: Int { listeners.reduce(0) { $0 + $1.refused.load(ordering: .relaxed) } }

    private static func check(_ loops: [EventLoop]) throws(IOError) {
        guard !loops.isEmpty else {
            throw IOError("TCPServer", .invalidArgument, detail: "no loop to serve on")
        }
        guard !loops.contains(where: \.isGone) else {
            throw IOError("TCPServer", .closed, detail: "a loop to serve on was shut down")
        }
    }

    private static func listen(
        on address: SocketAddress,
        _ loops: [EventLoop],
        _ options: ServerOptions
    ) throws(IOError) -> (SocketAddress, [Listener]) {
        try check(loops)
        let admission = try Admission(most: options.mostConnections)
        guard options.spreading == .reusePort, loops.count > 1 else {
            let socket = try Socket.listening(on: address, backlog: options.backlog, options: options.bind)
            let bound = try socket.localAddress()
            return (bound, try Listener.sharing(socket, ownsQueue: true, on: loops, options, admission))
        }
        guard address.family != .unix else {
            let detail = "a unix address has no port to share: use one loop, or spreading = .roundRobin"
            throw IOError("TCPServer", .invalidArgument, detail: detail)
        }
        // The first socket listens without SO_REUSEPORT, so that the kernel refuses it where anything else listens. Only
        // then it admits the others.
        let first = try Socket.listening(on: address, backlog: options.backlog, options: options.bind)
        let bound = try first.localAddress()
        try first.set(.reusePort, to: true)
        var listeners = [try Listener(first, ownsQueue: true, on: loops[0], options, admission)]
        let shared = options.bind.union(.reusePort)
        for loop in loops.dropFirst() {
            let socket = try Socket.listening(on: bound, backlog: options.backlog, options: shared)
            listeners.append(try Listener(socket, ownsQueue: true, on: loop, options, admission))
        }
        return (bound, listeners)
    }

    // MARK: Serving

    /// Listens on an address and serves every connection with a task of its own, until the calling task is cancelled.
    ///
    /// The handler's connection is closed when the handler returns: what was written is still sent. An error that it throws
    /// goes to `options.onError`, and ends that connection only.
    ///
    /// - Throws: what listening throws, and `cancelled` when every connection is closed after the task was cancelled.
    public static func serve(
        on address: SocketAddress,
        engine: LoopEngine = .native,
        options: ServerOptions = ServerOptions(),
        _ handler: @escaping @Sendable (TCPConnection) async throws -> Void
    ) async throws(IOError) {
        try await TCPServer(on: address, engine: engine, options: options).run(handler)
    }

    /// Listens on an address and calls the handler on the loop's thread with each piece of input, until the calling task
    /// is cancelled. There is no task a connection: this is the fastest way to serve.
    ///
    /// - Throws: as with tasks.
    public static func serve(
        on address: SocketAddress,
        engine: LoopEngine = .native,
        options: ServerOptions = ServerOptions(),
        _ handler: @escaping ChunkConnection.Handler
    ) async throws(IOError) {
        try await TCPServer(on: address, engine: engine, options: options).run(handler)
    }

    /// Serves every connection with a task of its own, until the server is shut down or the calling task is cancelled.
    ///
    /// When one of its loops ends, or cannot accept any more, the whole server is shut down as by ``shutDown(within:)``
    /// with its default limit: the other loops alone would refuse a part of the clients.
    ///
    /// - Throws: `cancelled`, when every connection is closed; `alreadyRunning` the second time; `closed` when a loop has
    ///   ended, and what else keeps it from accepting. The last two are also reported to `options.onError`, at once.
    public func run(_ handler: @escaping @Sendable (TCPConnection) async throws -> Void) async throws(IOError) {
        try await runOnAllLoops { listener in await listener.serve(handler) }
    }

    /// Calls the handler with each piece of input, until the server is shut down or the calling task is cancelled.
    ///
    /// - Throws: as with tasks.
    public func run(_ handler: @escaping ChunkConnection.Handler) async throws(IOError) {
        try await runOnAllLoops { listener in
            await listener.serve { (socket, peer) throws(IOError) in
                _ = try ChunkConnection(
                    socket,
                    peer: peer,
                    on: listener.loop,
                    listener.limits,
                    listener: listener,
                    handler
                )
            }
        }
    }

    /// As `run`, with a handler for each connection, which can have variables of its own.
    ///
    /// - Parameter makeHandler: called on the loop's thread for each new connection; what it returns is called with each
    ///   piece of that connection's input.
    public func run(
        eachConnection makeHandler: @escaping @Sendable (ChunkConnection) -> (Span<UInt8>) throws -> Void
    ) async throws(IOError) {
        try await runOnAllLoops { listener in
            await listener.serve { (socket, peer) throws(IOError) in
                let connection = try ChunkConnection(
                    socket,
                    peer: peer,
                    on: listener.loop,
                    listener.limits,
                    listener: listener
                ) { _, _ in }
                connection.setHandler(makeHandler(connection))
            }
        }
    }

    private func runOnAllLoops(_ serve: @escaping @Sendable (Listener) async -> Void) async throws(IOError) {
        guard !isRunning.exchange(true, ordering: .relaxed) else {
            throw IOError("TCPServer.run", .alreadyRunning, detail: "a server runs once; make another")
        }
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for listener in listeners {
                    group.addTask(executorPreference: listener.loop) {
                        // One loop alone would refuse a part of the clients, or all of them.
                        listener.onFailure = { self.shutDown() }
                        await serve(listener)
                        // It holds the server, which holds the listener.
                        listener.onFailure = nil
                    }
                }
            }
        } onCancel: {
            forEachListener { $0.abort() }
        }
        for loop in ownLoops { await loop.shutDown() }
        if let failure = listeners.compactMap(\.failure).first { throw failure }
        guard Task.isCancelled else { return }
        throw IOError("TCPServer.run", .cancelled, detail: "every connection was closed")
    }

    // MARK: Ending

    /// How long a shutdown waits for the connections by default: 10 seconds.
    public static let defaultLimit = Duration.seconds(10)

    /// Stops accepting. Open connections go on until they end, and for at most the limit; then they are closed, the handlers
    /// that still run are cancelled, and `run` returns when those have ended. A second call may shorten the time that is
    /// left; it does not extend it.
    ///
    /// First each loop accepts the connections that the kernel has completed already, and only then it stops listening.
    /// They are served like the others as far as `options.mostConnections` admits. Those above the limit are closed in an
    /// orderly way: a client that has sent its request reads an end, not a reset. The same happens to all that wait when the
    /// limit is zero, when the task that runs the server is cancelled, and when the server has not run yet. Those of a server
    /// that is released without a shutdown are reset.
    ///
    /// The kernel resets the connections that it completes after the last accept. A client whose connect races with the end
    /// of listening may also be left with a connection that has no other end, and hear nothing at all. Neither can be
    /// prevented from here: clients should have a time limit for their reads, such as ``StreamOptions/read``.
    ///
    /// - Parameter limit: how long to wait for the connections; zero or less closes them at once.
    public func shutDown(within limit: Duration = TCPServer.defaultLimit) {
        forEachListener { listener in limit > .zero ? listener.stop(within: limit) : listener.abort() }
    }

    private func forEachListener(_ body: @escaping @Sendable (Listener) -> Void) {
        for listener in listeners { listener.loop.post { body(listener) } }
    }
}
