internal import Readiness
internal import Sockets

extension Listener {
    /// Hands each connection to `open`, until the listener is stopped and its last connection is closed.
    func serve(_ open: @escaping (consuming Socket, SocketAddress?) throws(IOError) -> Void) async {
        do throws(IOError) {
            try start { listener in listener.accept(open) }
        } catch {
            fail(error)
        }
        await waitUntilEmpty()
    }

    /// Serves each connection with a child task.
    func serve(_ handler: @escaping @Sendable (TCPConnection) async throws -> Void) async {
        do throws(IOError) {
            try start { listener in listener.resumeAcceptingTask() }
        } catch {
            fail(error)
        }
        await serveUntilStopped(handler)
        await waitUntilEmpty()
    }

    /// Makes a task of each connection. In a group of tasks that can throw, though these never do: one of tasks that cannot
    /// wraps each task's closure in another, which is one more allocation a connection.
    private func serveUntilStopped(_ handler: @escaping @Sendable (TCPConnection) async throws -> Void) async {
        try? await withThrowingDiscardingTaskGroup { group in
            while await waitForConnections() {
                accept { (socket, peer) throws(IOError) in
                    let connection = try TCPConnection(socket, peer: peer, on: loop, limits, listener: self)
                    group.addTask { await Self.serve(connection, handler) }
                }
            }
        }
    }

    @inline(__always)
    private static func serve(
        _ connection: TCPConnection,
        _ handler: @Sendable (TCPConnection) async throws -> Void
    ) async {
        do {
            try await connection.own(handler)
            connection.finish()
        } catch {
            connection.abort()
            if !connection.wasEndedByUs(error) { connection.listener?.report(error) }
        }
    }
}
