internal import CLinux
public import Sockets

extension TCPConnection {
    /// Connects to an address, TCP or unix, and runs `body` on the loop with the connection. When `body` returns, what it
    /// wrote is sent and the connection closed; when it throws, the connection is closed at once.
    ///
    /// - Parameters:
    ///   - address: where to connect.
    ///   - loop: where the connection lives; a loop of the process that all share, if none is given.
    ///   - limit: how long the connect may take.
    ///   - options: the limits of the connection.
    ///   - body: what is done with the connection.
    /// - Throws: `connectionRefused`, `timedOut`, `unreachable`, `notFound` (unix), `noDescriptors`, `cancelled`, or `closed`
    ///   when the loop ends first, as an `IOError`; and what `body` throws.
    public static func connect<Result: Sendable>(
        to address: SocketAddress,
        on loop: EventLoop? = nil,
        within limit: Duration = .seconds(10),
        options: StreamOptions = StreamOptions(),
        _ body: @escaping @Sendable (TCPConnection) async throws -> Result
    ) async throws -> Result {
        let loop = try loop ?? SharedLoop.get()
        let deadline = EventLoop.deadline(after: limit)
        return try await withTaskExecutorPreference(loop) {
            let connection = try await open(to: address, on: loop, until: deadline, StreamLimits(options))
            return try await connection.use(body)
        }
    }

    /// Connects to the first address of a host name that answers, as ``connect(to:on:within:options:_:)`` does. The name is
    /// looked up on a thread of its own, not on the loop.
    ///
    /// - Parameters:
    ///   - host: a name or a numeric address.
    ///   - port: where to connect at each of its addresses.
    ///   - loop: where the connection lives; a loop of the process that all share, if none is given.
    ///   - limit: how long the looking up and the connects together may take.
    ///   - options: the limits of the connection.
    ///   - body: what is done with the connection.
    /// - Throws: `notFound` for a name that has no address, `invalidAddress` for what is no name; the rest as for an
    ///   address. When several addresses fail, the error of the last.
    public static func connect<Result: Sendable>(
        toHost host: String,
        port: UInt16,
        on loop: EventLoop? = nil,
        within limit: Duration = .seconds(10),
        options: StreamOptions = StreamOptions(),
        _ body: @escaping @Sendable (TCPConnection) async throws -> Result
    ) async throws -> Result {
        let loop = try loop ?? SharedLoop.get()
        let deadline = EventLoop.deadline(after: limit)
        let addresses = try await Resolver.addresses(of: host, port: port, on: loop, until: deadline)
        return try await withTaskExecutorPreference(loop) {
            let connection = try await open(toFirstOf: addresses, on: loop, until: deadline, StreamLimits(options))
            return try await connection.use(body)
        }
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

    /// Each address gets its share of the time, so that a silent one does not use it up for the others.
    private static func open(
        toFirstOf addresses: [SocketAddress],
        on loop: EventLoop,
        until deadline: Int64,
        _ limits: StreamLimits
    ) async throws(IOError) -> TCPConnection {
        var failure = IOError("getaddrinfo", .notFound, detail: "the name has no address")
        for (number, address) in addresses.enumerated() {
            let now = clinux_monotonic_now()
            let share = max(0, deadline - now) / Int64(addresses.count - number)
            do throws(IOError) {
                return try await open(to: address, on: loop, until: now + share, limits)
            } catch {
                guard error.code != .cancelled else { throw error }
                failure = error
            }
        }
        throw failure
    }

    /// On the loop.
    nonisolated(nonsending) private static func open(
        to address: SocketAddress,
        on loop: EventLoop,
        until deadline: Int64,
        _ limits: StreamLimits
    ) async throws(IOError) -> TCPConnection {
        try loop.checkIsGoing()
        let connecting = try Socket.connecting(to: address)
        let isConnecting = connecting.outcome == .inProgress
        let connection = try TCPConnection(
            connecting.intoSocket(),
            peer: address,
            on: loop,
            limits,
            isConnecting: isConnecting
        )
        if isConnecting { try await connection.waitForConnect(until: deadline) }
        return connection
    }
}
