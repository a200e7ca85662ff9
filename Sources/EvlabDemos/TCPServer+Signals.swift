internal import EventLoops
internal import Readiness

extension TCPServer {
    /// Runs the server until its users end it: at the first SIGINT or SIGTERM it stops accepting and goes on until nobody
    /// is left or the grace has passed; at the second it ends at once. `whenEnding` is called at each.
    func runUntilSignalled(
        on loop: EventLoop,
        grace: Duration,
        whenReady: @Sendable () -> Void,
        whenEnding: @escaping @Sendable () async -> Void = {},
        serve: @Sendable () async throws -> Void
    ) async throws {
        let signals = try await loop.signals(.interrupt, .terminate)
        try await withThrowingTaskGroup { group in
            group.addTask {
                var grace = grace
                for await _ in signals {
                    self.shutDown(within: grace)
                    grace = .zero
                    await whenEnding()
                }
            }
            whenReady()
            try await serve()
            group.cancelAll()
        }
    }
}
