internal import CLinux
internal import Sockets
internal import SystemPackage

/// Opens a connection on a loop, until a deadline that holds for all that it takes.
struct Connector: Sendable {
    /// What happened to one of several attempts.
    private enum Event: Sendable {
        case connected(TCPConnection)
        case failed(Int, IOError)
        case delayPassed(since: Int)
    }

    let loop: EventLoop
    let deadline: Int64
    let limits: StreamLimits
    let seam: ConnectSeam

    /// In nanoseconds: how long a connect to a unix socket waits for room in the listener's queue before it looks again.
    private static let shortestPause: Int64 = 1_000_000
    private static let longestPause: Int64 = 50_000_000

    // MARK: One address

    /// On the loop.
    func open(to address: SocketAddress) async throws(IOError) -> TCPConnection {
        do throws(IOError) {
            return try await attempt(address)
        } catch {
            guard error.detail.isEmpty else { throw error }
            throw IOError(error.operation, error.code, errno: error.errno, detail: "\(address)")
        }
    }

    private func attempt(_ address: SocketAddress) async throws(IOError) -> TCPConnection {
        guard clinux_monotonic_now() < deadline else {
            throw IOError("connect", .timedOut, detail: "\(address): no time was left to begin")
        }
        let connecting = try await begin(address)
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

    /// Begins to connect. The kernel refuses a unix socket while the listener's queue is full, and does not tell when there
    /// is room again: the loop tries again, less and less often.
    private func begin(_ address: SocketAddress) async throws(IOError) -> ConnectingSocket {
        var pause = Self.shortestPause
        while true {
            try loop.checkIsGoing()
            do throws(IOError) {
                return try seam.begin(address)
            } catch {
                guard address.family == .unix, error.errno == .resourceTemporarilyUnavailable else { throw error }
                guard clinux_monotonic_now() < deadline else {
                    throw IOError("connect", .timedOut, detail: error.detail)
                }
            }
            try await wait(pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func wait(_ pause: Int64) async throws(IOError) {
        do throws(IOError) {
            try await loop.sleep(until: min(clinux_monotonic_now() &+ pause, deadline))
        } catch {
            throw IOError("connect", error.code, detail: error.detail)
        }
    }

    // MARK: Several addresses

    /// The connection to the address that answers first. On the loop.
    ///
    /// - Parameter delay: in nanoseconds, how long an attempt usually has before the next begins beside it.
    func open(toFirstOf addresses: [SocketAddress], delay: Int64) async throws(IOError) -> TCPConnection {
        if addresses.count == 1 { return try await open(to: addresses[0]) }
        let outcome = await withTaskGroup(of: Event.self) { group in
            await race(ConnectAttempts(addresses), delay: delay, &group)
        }
        return try outcome.get()
    }

    private func race(
        _ attempts: consuming ConnectAttempts,
        delay: Int64,
        _ group: inout TaskGroup<Event>
    ) async -> Result<TCPConnection, IOError> {
        var step = attempts.start()
        while true {
            switch step {
            case .begin(let number): add(number, of: attempts, delay: delay, to: &group)
            case .wait: break
            case .giveUp(let error):
                // One of them may have connected meanwhile.
                await closeOthers(&group)
                return .failure(error)
            }
            switch await group.next() {
            case .connected(let connection):
                await closeOthers(&group)
                return .success(connection)
            case .failed(let number, let error): step = attempts.failed(number, error)
            case .delayPassed(let number): step = attempts.delayPassed(since: number)
            case nil: step = .giveUp(IOError("connect", .cancelled))
            }
        }
    }

    private func add(_ number: Int, of attempts: ConnectAttempts, delay: Int64, to group: inout TaskGroup<Event>) {
        let address = attempts.addresses[number]
        group.addTask {
            do throws(IOError) {
                return .connected(try await open(to: address))
            } catch {
                return .failed(number, error)
            }
        }
        guard attempts.left > 0 else { return }
        let now = clinux_monotonic_now()
        let end = now &+ attempts.delay(usual: delay, timeLeft: deadline - now)
        group.addTask {
            // When it is cut short, the attempts are too.
            try? await loop.sleep(until: end)
            return .delayPassed(since: number)
        }
    }

    /// Ends the attempts that are under way. One of them may have succeeded in the same turn.
    private func closeOthers(_ group: inout TaskGroup<Event>) async {
        group.cancelAll()
        for await event in group {
            if case .connected(let late) = event { late.abort() }
        }
    }
}
