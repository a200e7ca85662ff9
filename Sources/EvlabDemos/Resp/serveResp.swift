public import EventLoops
internal import Readiness
public import Sockets

/// Serves keys and values in memory to the clients of Redis, in versions 2 and 3 of their protocol.
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
    var options = ServerOptions()
    // A value is queued whole, behind answers that are few.
    options.stream.mostQueued = RespParser.longestArgument + 1_048_576
    return try EventLoop.run(engine: engine) { [options] main in
        let others = try loops > 1 ? EventLoopGroup(count: loops - 1, engine: engine) : nil
        let server = try TCPServer(on: address, loops: [main] + (others?.loops ?? []), options: options)
        let store = RespStore()
        try await server.runUntilSignalled(on: main, grace: grace) {
            whenReady(server.address)
        } serve: {
            try await withThrowingTaskGroup { group in
                group.addTask { await sweep(store, on: main) }
                try await server.run(eachConnection: { connection in
                    let client = RespClient(connection, store)
                    return { chunk in try client.receive(chunk) }
                })
                group.cancelAll()
            }
        }
        await others?.shutDown()
        return server.acceptedConnections
    }
}

/// Removes expired entries, about when the next one expires, but not more often than once a second. Without entries that
/// expire it waits for one and costs nothing.
private func sweep(_ store: RespStore, on loop: EventLoop) async {
    for await _ in store.expiryBegins {
        var delay: Int64? = 0
        while let time = delay {
            // One that was added meanwhile may expire before the one that was next.
            guard (try? await loop.sleep(for: .milliseconds(min(max(time, 1000), 60_000)))) != nil else { return }
            delay = store.sweep()
        }
    }
}
