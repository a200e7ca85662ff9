public import EventLoops
public import Sockets

/// A chat room with tasks: whoever connects gives a name, and what one writes the others read.
///
/// It serves until SIGINT or SIGTERM, then tells everybody and goes when they have heard it, after `grace` at most; a
/// second signal ends it at once.
///
/// - Throws: `invalidArgument` for a socket that does not listen; what the engine throws.
public func serveChat(
    onTasks engine: LoopEngine,
    listener: consuming Socket,
    grace: Duration = .seconds(2),
    whenReady: @escaping @Sendable () -> Void = {}
) throws -> ChatTotals {
    // Accepted sockets inherit it. Without it the kernel may hold megabytes for somebody who does not read.
    try listener.set(.sendBuffer, to: ChatRules.socketBuffer)
    let listener = listener.release()
    return try EventLoop.run(engine: engine) { loop in
        let server = try TCPServer(adopting: Socket(adopting: listener), on: loop)
        let hall = ChatHall(grace: grace)
        try await server.runUntilSignalled(on: loop, grace: grace, whenReady: whenReady) {
            await hall.close()
        } serve: {
            try await server.run { connection in await hall.serve(connection) }
        }
        var totals = await hall.totals
        totals.refused = server.refusedConnections
        return totals
    }
}
