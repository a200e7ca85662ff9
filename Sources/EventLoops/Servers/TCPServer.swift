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
    /// - Throws: `addressInUse`, `addressNotAvailable`, `permissionDenied`, `noDescriptors`; `invalidArgument` without a
    ///   loop, and for a unix address that several loops are to share by port.
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
    /// - Throws: `invalidArgument` for a socket that does not listen, and without a loop.
    public init(
        adopting socket: consuming Socket,
        loops: [EventLoop],
        options: ServerOptions = ServerOptions()
    ) throws(IOError) {
        try Self.check(loops)
        address = try socket.localAddress()
        listeners = try Listener.sharing(socket, on: loops, options)
        ownLoops = []
    }

    /// Accepts from a socket that listens already, such as one that was inherited.
    ///
    /// - Throws: `invalidArgument` for a socket that does not listen.
    public init(
        adopting socket: consuming Socket,
        on loop: EventLoop,
        options: ServerOptions = ServerOptions()
    ) throws(IOError) {
        address = try socket.localAddress()
        listeners = [try Listener(socket, on: loop, options)]
        ownLoops = []
    }

    deinit {
        // One that never ran has a loop that nobody else could end.
        guard !isRunning.load(ordering: .relaxed) else { return }
        for loop in ownLoops { loop.end() }
    }

    /// Connections accepted so far.
    public var acceptedConnections: Int { listeners.reduce(0) { $0 + $1.accepted.load(ordering: .relaxed) } }

    /// Connections closed at once so far, for want of descriptors.
    public var refusedConnections: Int { listeners.reduce(0) { $0 + $1.refused.load(ordering: .relaxed) } }

    private static func check(_ loops: [EventLoop]) throws(IOError) {
        guard loops.isEmpty else { return }
        throw IOError("TCPServer", .invalidArgument, detail: "no loop to serve on")
    }

    private static func listen(
        on address: SocketAddress,
        _ loops: [EventLoop],
        _ options: ServerOptions
    ) throws(IOError) -> (SocketAddress, [Listener]) {
        try check(loops)
        guard options.spreading == .reusePort else {
            let socket = try Socket.listening(on: address, backlog: options.backlog, options: options.bind)
            return (try socket.localAddress(), try Listener.sharing(socket, on: loops, options))
        }
        guard loops.count == 1 || address.family != .unix else {
            let detail = "a unix address has no port to share: use one loop, or spreading = .roundRobin"
            throw IOError("TCPServer", .invalidArgument, detail: detail)
        }
        let bind = loops.count > 1 ? options.bind.union(.reusePort) : options.bind
        var bound = address
        var listeners: [Listener] = []
        for loop in loops {
            let socket = try Socket.listening(on: bound, backlog: options.backlog, options: bind)
            bound = try socket.localAddress()
            listeners.append(try Listener(socket, on: loop, options))
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
    /// - Throws: `cancelled`, when every connection is closed; `alreadyRunning` the second time; `closed` when a loop has
    ///   ended, and what else keeps it from starting.
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
                    group.addTask(executorPreference: listener.loop) { await serve(listener) }
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

    /// Stops accepting. Connections that stand go on until they end, and at most for a time; then they are closed, and
    /// `run` returns.
    ///
    /// - Parameter limit: how long to wait for the connections; zero or less closes them at once.
    public func shutDown(within limit: Duration = .seconds(10)) {
        forEachListener { listener in limit > .zero ? listener.stop(within: limit) : listener.abort() }
    }

    private func forEachListener(_ body: @escaping @Sendable (Listener) -> Void) {
        for listener in listeners { listener.loop.post { body(listener) } }
    }
}
