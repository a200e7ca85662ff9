internal import CLinux
public import Readiness
internal import Sockets
internal import SystemPackage

/// Lets threads share one port, opens connections to it, and counts what comes to each thread.
///
/// - Parameters:
///   - threads: how many threads accept, at least 1.
///   - connections: how many connections are opened in all.
///   - atOnce: how many of them at a time; each lasts until a thread has accepted and closed it.
///   - makeEngine: makes the loop of a thread, on that thread; not used for `exclusive`.
/// - Returns: the counts of each thread.
/// - Throws: `noDescriptors`, `timedOut` when a connection was not served in 30 seconds, and what an engine throws.
public func measureAcceptBalance(
    _ way: BalanceWay,
    threads: Int,
    connections: Int,
    atOnce: Int,
    makeEngine: @escaping @Sendable () throws -> any EventEngine
) throws -> [BalanceCounts] {
    // Bound before the threads begin, so that no connection is refused or comes to the first of them alone.
    let options: BindOptions = way == .reusePort ? .reusePort : .reuseAddress
    let first = try Socket.listening(on: .loopback(port: 0), options: options)
    let address = try first.localAddress()
    let crew = try BalanceCrew(size: threads)
    var started = 0
    do {
        for number in 0..<threads {
            let listener = try listener(number, way, first, address).release()
            try BalanceThread.start("accept-\(number)") {
                serve(number, way, Descriptor(adopting: listener), crew, makeEngine)
            }
            started += 1
        }
        crew.waitUntilReady(threads)
        try openConnections(connections, atOnce, to: address, crew)
    } catch {
        _ = try? crew.end(started)
        throw error
    }
    return try crew.end(threads)
}

private func listener(
    _ number: Int,
    _ way: BalanceWay,
    _ first: borrowing Socket,
    _ address: SocketAddress
) throws(IOError) -> Descriptor {
    guard way == .reusePort, number > 0 else {
        return Descriptor(number: try checked("fcntl", clinux_duplicate(first.fileDescriptor.rawValue, 0)))
    }
    return try Socket.listening(on: address, options: .reusePort).intoDescriptor()
}

private func serve(
    _ number: Int,
    _ way: BalanceWay,
    _ listener: consuming Descriptor,
    _ crew: BalanceCrew,
    _ makeEngine: () throws -> any EventEngine
) {
    var counts = BalanceCounts()
    var failure: IOError?
    do {
        if way == .exclusive {
            try acceptExclusively(listener, &counts, crew)
        } else {
            try acceptOnEngine(makeEngine(), listener, &counts, crew)
        }
    } catch {
        failure = error as? IOError ?? IOError("engine", .system, detail: "\(error)")
    }
    crew.ended(number, counts, failure)
}

/// Opens connections, so many at a time, and waits for each to be closed by who accepted it.
private func openConnections(_ count: Int, _ atOnce: Int, to address: SocketAddress, _ crew: BalanceCrew)
    throws(IOError)
{
    var left = count
    while left > 0, !crew.hasFailed {
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
        guard clinux_poll_one(socket.fileDescriptor.rawValue, 30_000) > 0 else {
            throw IOError("accept-balance", .timedOut, detail: "a connection was not served in 30 seconds")
        }
    }
}
