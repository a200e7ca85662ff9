internal import EventLoops
internal import Readiness
internal import Sockets

/// Runs a server on a loop on this thread until its users end it: at the first SIGINT or SIGTERM it stops accepting and
/// goes on until nobody is left or two seconds have passed; at the second it ends at once.
func serveUntilSignalled(
    _ engine: LoopEngine,
    _ listener: consuming Socket,
    _ echoed: ByteCounter,
    _ whenReady: @escaping @Sendable () -> Void,
    _ serve: @escaping @Sendable (TCPServer) async throws -> Void
) throws -> EchoTotals {
    let listener = listener.release()
    return try EventLoop.run(engine: engine) { loop in
        let server = try TCPServer(adopting: Socket(adopting: listener), on: loop)
        let signals = try await loop.signals(.interrupt, .terminate)
        try await withThrowingTaskGroup { group in
            group.addTask {
                var grace = Duration.seconds(2)
                for await _ in signals {
                    server.shutDown(within: grace)
                    grace = .zero
                }
            }
            whenReady()
            try await serve(server)
            group.cancelAll()
        }

        var totals = EchoTotals()
        totals.connections = server.acceptedConnections
        totals.shed = server.refusedConnections
        totals.bytes = echoed.count
        return totals
    }
}
