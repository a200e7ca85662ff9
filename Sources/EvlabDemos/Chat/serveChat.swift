public import Readiness
public import Sockets

/// A chat room: whoever connects gives a name, and what one writes the others read.
///
/// It serves until SIGINT or SIGTERM, then tells everybody and goes when they have heard it, after `grace` at most; a
/// second signal ends it at once. From `whenReady` on, clients can connect and signals are heeded.
///
/// - Throws: `invalidArgument` for a socket that does not listen; what the engine throws.
public func serveChat<Engine: EventEngine>(
    on engine: Engine,
    listener: consuming Socket,
    grace: Duration = .seconds(2),
    whenReady: () -> Void = {}
) throws(IOError) -> ChatTotals {
    let room = ChatRoom(on: engine, grace)
    // Accepted sockets inherit it. Without it the kernel may hold megabytes for somebody who does not read.
    try listener.set(.sendBuffer, to: ChatRules.socketBuffer)
    let listener = try Listener(on: engine, adopting: listener) { socket, peer in try room.enter(socket, peer) }
    try room.end.onSignal {
        listener.close()
        room.close()
    }
    defer { room.end.cancel() }
    whenReady()
    try engine.run(.untilStopped)
    room.totals.refused = listener.shedConnections
    return room.totals
}
