public import EventLoops
public import Sockets

/// Echo with a handler that is called for each piece of input, on the loop's thread.
///
/// It serves until SIGINT or SIGTERM, then drains for at most `grace`; a second signal ends it at once.
public func serveEcho(
    onChunks engine: LoopEngine,
    listener: consuming Socket,
    grace: Duration = .seconds(2),
    whenReady: @escaping @Sendable () -> Void = {}
) throws -> EchoTotals {
    let echoed = ByteCounter()
    return try serveUntilSignalled(engine, listener, echoed, grace, whenReady) { server in
        try await server.run { connection, chunk in
            try connection.write(chunk)
            echoed.add(chunk.count)
        }
    }
}
