public import EventLoops
internal import Readiness
public import Sockets

/// Serves keys and values in memory to the clients of Redis: PING, ECHO, SET, GET, DEL, INCR and EXPIRE, also many at once.
///
/// It serves until SIGINT or SIGTERM, then goes on until its clients have gone, for at most `grace`; a second signal
/// ends it at once.
///
/// - Parameters:
///   - address: where it listens.
///   - engine: what its loops run on.
///   - loops: how many threads serve; the kernel spreads the clients over them.
///   - grace: how long clients may stay after the first signal.
///   - whenReady: called with the address once clients can connect and signals are heeded.
/// - Returns: how many clients there were.
public func serveResp(
    on address: SocketAddress,
    engine: LoopEngine,
    loops: Int = 1,
    grace: Duration = .seconds(2),
    whenReady: @escaping @Sendable (SocketAddress) -> Void = { _ in }
) throws -> Int {
    try EventLoop.run(engine: engine) { main in
        let others = try loops > 1 ? EventLoopGroup(count: loops - 1, engine: engine) : nil
        let server = try TCPServer(on: address, loops: [main] + (others?.loops ?? []))
        let store = RespStore()
        try await server.runUntilSignalled(on: main, grace: grace) {
            whenReady(server.address)
        } serve: {
            try await withThrowingTaskGroup { group in
                group.addTask {
                    for await _ in main.interval(every: .seconds(1)) { store.sweep() }
                }
                try await server.run(eachConnection: { connection in
                    var session = RespSession(store)
                    return { chunk in session.receive(chunk, on: connection) }
                })
                group.cancelAll()
            }
        }
        await others?.shutDown()
        return server.acceptedConnections
    }
}
