internal import Readiness
public import Sockets

extension TCPConnection {
    /// Connects to an address, TCP or unix, and runs `body` on the loop with the connection. When `body` returns, what it
    /// wrote is sent and the connection closed; when it throws, the connection is closed at once.
    ///
    /// A unix socket whose listener's queue is full refuses connects; this one waits for room until its time is over.
    ///
    /// - Parameters:
    ///   - address: where to connect.
    ///   - loop: where the connection lives; a loop of the process that all share, if none is given.
    ///   - limit: how long the connect may take. With zero or less its time is over already: it throws `timedOut`, and
    ///     nothing is sent.
    ///   - options: the limits of the connection.
    ///   - body: what is done with the connection.
    /// - Throws: `connectionRefused`, also when the kernel has connected the socket to itself
    ///   (`SocketHandle.finishConnecting()`), `timedOut`, with a detail that says so when the queue of a unix listener
    ///   was full, `unreachable`, `notFound` (unix), `noDescriptors`, `cancelled`, or `closed` when the loop ends first, as
    ///   an `IOError`; and what `body` throws.
    public static func connect<Result: Sendable>(
        to address: SocketAddress,
        on loop: EventLoop? = nil,
        within limit: Duration = .seconds(10),
        options: StreamOptions = StreamOptions(),
        _ body: @escaping @Sendable (TCPConnection) async throws -> Result
    ) async throws -> Result {
        try await connect(to: address, on: loop, within: limit, options: options, using: ConnectSeam(), body)
    }

    /// The same, with the answers of a test instead of the system's.
    package static func connect<Result: Sendable>(
        to address: SocketAddress,
        on loop: EventLoop? = nil,
        within limit: Duration = .seconds(10),
        options: StreamOptions = StreamOptions(),
        using seam: ConnectSeam,
        _ body: @escaping @Sendable (TCPConnection) async throws -> Result
    ) async throws -> Result {
        let connector = try connector(on: loop, within: limit, options, seam)
        return try await withTaskExecutorPreference(connector.loop) {
            try await connector.open(to: address).use(body)
        }
    }

    /// Connects to the first address of a host name that answers, as ``connect(to:on:within:options:_:)`` does.
    ///
    /// The addresses are tried as RFC 8305 says: the two families take turns, beginning with that of the first address; when
    /// an attempt has failed, or has not answered for `attemptDelay`, the next begins beside it; the first to connect wins,
    /// and the others are closed.
    ///
    /// A name is looked up by `getaddrinfo(3)`, which blocks, on a thread that is kept for it and not on the loop. At most 64
    /// names are looked up at a time in a process; others wait for their turn while they have time left, and a name that is
    /// asked for again meanwhile is looked up once. A thread without work ends after 10 seconds. `getaddrinfo` cannot be
    /// interrupted: when the connect has timed out or was cancelled, the lookup keeps its thread until the system gives up.
    /// Numeric addresses need no thread, nor do `localhost` and names that end in `.localhost`, which are `::1` and
    /// `127.0.0.1` whatever `/etc/hosts` says (RFC 6761).
    ///
    /// - Parameters:
    ///   - host: a name or a numeric address.
    ///   - port: where to connect at each of its addresses.
    ///   - loop: where the connection lives; a loop of the process that all share, if none is given.
    ///   - limit: how long the lookup and the connects together may take. With zero or less the time is over already: it
    ///     throws `timedOut`.
    ///   - attemptDelay: how long an address may leave the attempt unanswered before the next is tried too. It is shorter
    ///     where `limit` would be over before every address was tried, but not below 10 ms; with zero or less all are tried
    ///     at once.
    ///   - options: the limits of the connection.
    ///   - body: what is done with the connection.
    /// - Throws: `notFound` for a name that does not exist or has no address, `invalidAddress` for text that is no name,
    ///   `nameServerFailed` when it is unknown whether the name exists, `noDescriptors` and `noMemory` when the lookup lacks
    ///   them; the rest as for an address. When several addresses fail, the code is that of the last failure, and the detail
    ///   names each address with its reason.
    public static func connect<Result: Sendable>(
        toHost host: String,
        port: UInt16,
        on loop: EventLoop? = nil,
        within limit: Duration = .seconds(10),
        attemptDelay: Duration = .milliseconds(250),
        options: StreamOptions = StreamOptions(),
        _ body: @escaping @Sendable (TCPConnection) async throws -> Result
    ) async throws -> Result {
        try await connect(
            toHost: host,
            port: port,
            on: loop,
            within: limit,
            attemptDelay: attemptDelay,
            options: options,
            using: ConnectSeam(),
            body
        )
    }

    /// The same, with the answers of a test instead of the system's.
    package static func connect<Result: Sendable>(
        toHost host: String,
        port: UInt16,
        on loop: EventLoop? = nil,
        within limit: Duration = .seconds(10),
        attemptDelay: Duration = .milliseconds(250),
        options: StreamOptions = StreamOptions(),
        using seam: ConnectSeam,
        _ body: @escaping @Sendable (TCPConnection) async throws -> Result
    ) async throws -> Result {
        let connector = try connector(on: loop, within: limit, options, seam)
        let addresses = try await seam.resolver.addresses(
            of: host,
            port: port,
            on: connector.loop,
            until: connector.deadline
        )
        let delay = max(0, attemptDelay.nanoseconds)
        return try await withTaskExecutorPreference(connector.loop) {
            try await connector.open(toFirstOf: addresses, delay: delay).use(body)
        }
    }

    private static func connector(
        on loop: EventLoop?,
        within limit: Duration,
        _ options: StreamOptions,
        _ seam: ConnectSeam
    ) throws -> Connector {
        Connector(
            loop: try loop ?? SharedLoop.get(),
            deadline: EventLoop.deadline(after: limit),
            limits: StreamLimits(options),
            seam: seam
        )
    }

    /// Runs `body` in a child task, which is cancelled when the connection ends, and closes the connection then.
    private func use<Result: Sendable>(
        _ body: @escaping @Sendable (TCPConnection) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await withThrowingTaskGroup(of: Result.self) { group in
                group.addTask { try await self.runOwner(body) }
                return try await group.next()
            }
            guard let result else { throw failureError("connect") }
            try await close()
            return result
        } catch {
            abort()
            throw explained(error)
        }
    }

    private func runOwner<Result: Sendable>(
        _ body: @Sendable (TCPConnection) async throws -> Result
    ) async throws -> Result {
        var result: Result?
        try await own { connection in result = try await body(connection) }
        guard let result else { throw failureError("connect") }
        return result
    }
}
