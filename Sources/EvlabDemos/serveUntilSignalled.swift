internal import EventLoops
internal import Sockets

/// Runs an echo server on a loop on this thread until its users end it.
func serveUntilSignalled(
    _ engine: LoopEngine,
    _ listener: consuming Socket,
    _ echoed: ByteCounter,
    _ grace: Duration,
    _ whenReady: @escaping @Sendable () -> Void,
    _ serve: @escaping @Sendable (TCPServer) async throws -> Void
) throws -> EchoTotals {
    let listener = listener.release()
    return try EventLoop.run(engine: engine) { loop in
        let server = try TCPServer(adopting: Socket(adopting: listener), on: loop)
        try await server.runUntilSignalled(on: loop, grace: grace, whenReady: whenReady) { try await serve(server) }

        var totals = EchoTotals()
        totals.connections = server.acceptedConnections
        totals.shed = server.refusedConnections
        totals.bytes = echoed.count
        return totals
    }
}
