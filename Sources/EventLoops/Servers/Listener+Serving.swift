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

    /// Serves each connection with a task of its own.
    func serve(_ handler: @escaping @Sendable (TCPConnection) async throws -> Void) async {
        do throws(IOError) {
            try start { listener in listener.resumeAcceptingTask() }
        } catch {
            fail(error)
        }
        while await waitForConnections() {
            accept { (socket, peer) throws(IOError) in
                let connection = try TCPConnection(socket, peer: peer, on: loop, limits, listener: self)
                begin(handler, for: connection)
            }
        }
        await waitUntilEmpty()
    }

    /// Not a child task: a task group takes time proportional to the number of its tasks to remove one. Like a child task
    /// it has the task-local values and the priority of the task that accepts.
    private func begin(
        _ handler: @escaping @Sendable (TCPConnection) async throws -> Void,
        for connection: TCPConnection
    ) {
        handlerBegan()
        // Of a task that can throw, though this one never does: one that cannot wraps its closure in another, which is one
        // more allocation a connection.
        _ = Task<Void, any Error>(executorPreference: loop) {
            await Self.run(handler, for: connection)
            connection.listener?.handlerEnded()
        }
    }

    @inline(__always)
    private static func run(
        _ handler: @Sendable (TCPConnection) async throws -> Void,
        for connection: TCPConnection
    ) async {
        do {
            try await connection.own(handler)
            connection.finish()
        } catch {
            let error = connection.explained(error)
            let isOurs = connection.wasEndedByUs(error)
            connection.abort()
            if !isOurs { connection.listener?.report(error) }
        }
    }
}
