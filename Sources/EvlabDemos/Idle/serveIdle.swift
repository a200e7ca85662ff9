public import Readiness
public import Sockets

/// Echoes, and closes connections on which nothing came for too long; they are told so.
///
/// However many connections there are, the loop has one timer: for the first deadline. It serves until SIGINT or SIGTERM, then
/// drains for at most `grace`; a second signal ends it at once.
///
/// - Parameters:
///   - engine: the loop; it runs until the end.
///   - listener: a socket that listens.
///   - limit: how long a connection may be idle; more than zero.
///   - structure: what the deadlines are kept in.
///   - spreads: whether every other connection is given twice the time, so that deadlines do not come in the order in which
///     they are set.
///   - grace: how long clients may stay after the first signal.
///   - whenReady: called when clients can connect and signals are heeded.
/// - Throws: `outOfRange` for a limit that is not more than zero, and what the engine throws.
public func serveIdle<Engine: EventEngine>(
    on engine: Engine,
    listener: consuming Socket,
    limit: Duration,
    with structure: IdleStructure,
    spreads: Bool = false,
    grace: Duration = .seconds(2),
    whenReady: () -> Void = {}
) throws(IOError) -> IdleTotals {
    guard limit > .zero else { throw IOError("idle", .outOfRange, detail: "a limit of \(limit): use more than zero") }
    let reaper = IdleReaper(on: engine, limit: limit, spreads: spreads, grace, structure.make(for: limit))
    let listener = try Listener(on: engine, adopting: listener) { socket, peer in try reaper.serve(socket, peer) }
    try reaper.end.onSignal(listener.close)
    defer { reaper.close() }
    whenReady()
    try engine.run(.untilStopped)
    return reaper.totals(refused: listener.shedConnections)
}
