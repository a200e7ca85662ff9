internal import CLinux
public import Readiness
internal import Sockets
internal import SystemPackage

/// Lets threads share one port, opens connections to it, and counts what comes to each thread.
///
/// SIGINT and SIGTERM end it early: fewer connections are counted then.
///
/// - Parameters:
///   - way: how they share it.
///   - threads: how many threads accept, at least 1.
///   - connections: how many connections are opened in all.
///   - atOnce: how many of them at a time; each lasts until a thread has accepted and closed it.
///   - makeEngine: makes the loop of a thread, on that thread; not used for `exclusive`.
/// - Returns: the counts of each thread.
/// - Throws: `noDescriptors`, `timedOut` when a connection was not served in 120 seconds, and what an engine throws.
public func measureAcceptBalance(
    _ way: BalanceWay,
    threads: Int,
    connections: Int,
    atOnce: Int,
    makeEngine: @escaping @Sendable () throws -> any EventEngine
) throws -> [BalanceCounts] {
    let first = try Socket.listening(on: .loopback(port: 0), options: way == .reusePort ? .reusePort : .reuseAddress)
    let place = SharedPlace(way: way, address: try first.localAddress(), first: first.fileDescriptor)
    let crew = try BalanceCrew(size: threads)
    let signals = try SignalMailbox()
    for signal in [Signal.interrupt, .terminate] { try signals.subscribe(to: signal) }
    let workers = try WorkerThreads(threads) { worker in
        do {
            try accept(at: place, worker, crew, makeEngine)
        } catch {
            crew.hasFailed(error as? IOError ?? IOError("engine", .system, detail: "\(error)"))
        }
    }
    var failure: IOError?
    do throws(IOError) {
        // Earlier, connections would be refused, or come to the first thread alone.
        try crew.waitUntilReady(workers.count)
        try openConnections(connections, atOnce, to: place.address, crew, signals)
        try crew.checkFailure()
    } catch {
        failure = error
    }
    crew.stop()
    workers.join()
    // Not earlier: the threads make their own from it.
    first.close()
    if let failure { throw failure }
    return crew.counts
}

/// Where the threads accept.
private struct SharedPlace: Sendable {
    let way: BalanceWay
    let address: SocketAddress
    let first: FileDescriptor

    /// A thread's own descriptor: of the one socket, or of a socket of its own.
    func listener(of worker: Int) throws(IOError) -> Descriptor {
        guard way == .reusePort, worker > 1 else {
            return Descriptor(number: try checked("fcntl", clinux_duplicate(first.rawValue, 0)))
        }
        return try Socket.listening(on: address, options: .reusePort).intoDescriptor()
    }
}

private func accept(
    at place: SharedPlace,
    _ worker: Int,
    _ crew: BalanceCrew,
    _ makeEngine: () throws -> any EventEngine
) throws {
    var counts = BalanceCounts()
    defer { crew.hasEnded(worker, counts) }
    let listener = try place.listener(of: worker)
    if place.way == .exclusive {
        try acceptExclusively(listener, &counts, crew)
    } else {
        try acceptOnEngine(makeEngine(), listener, &counts, crew)
    }
}

/// Opens connections, so many at a time, and waits for each to be closed by who accepted it. A signal ends it early.
private func openConnections(
    _ count: Int,
    _ atOnce: Int,
    to address: SocketAddress,
    _ crew: BalanceCrew,
    _ signals: borrowing SignalMailbox
) throws(IOError) {
    var left = count
    while left > 0, signals.take().isEmpty {
        try crew.checkFailure()
        let round = min(left, atOnce)
        var clients: [Client] = []
        for _ in 0..<round { clients.append(Client(try Socket.connecting(to: address).intoSocket())) }
        for client in clients { try client.waitForEnd() }
        left -= round
    }
}

/// A connection in an array.
private final class Client {
    private let socket: Socket

    init(_ socket: consuming Socket) {
        self.socket = consume socket
    }

    func waitForEnd() throws(IOError) {
        guard clinux_poll_one(socket.fileDescriptor.rawValue, 120_000) > 0 else {
            throw IOError("accept-balance", .timedOut, detail: "a connection was not served in 120 seconds")
        }
    }
}
