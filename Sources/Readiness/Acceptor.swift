public import Sockets

/// Takes connections from a listening socket: fairly, and without spinning when descriptors run out.
///
/// An engine calls ``accept(_:)`` each time the socket is readable and does what its outcome says.
///
/// - When the process has no descriptor left (EMFILE), the waiting connections are shed: a descriptor kept in reserve is
///   given up for the moment that it takes to accept and close each, so that clients learn at once and the socket is not
///   readable for ever. Where that fails too, and when the system as a whole lacks descriptors or memory (ENFILE,
///   ENOBUFS, ENOMEM), accepting pauses.
public struct Acceptor: ~Copyable {
    /// What to do when the process has no descriptor left.
    public enum Exhaustion: Hashable, Sendable {
        /// Accept and close what waits; clients see the connection end.
        case shed
        /// Leave connections in the backlog and try again later.
        case pause
    }

    /// How one turn of accepting ended.
    public enum Outcome: Hashable, Sendable {
        /// No connection waits.
        case drained
        /// The budget of the turn is spent; more connections may wait, so accept again next turn.
        case budgetSpent
        /// This many connections were closed for want of descriptors; report it, once in a while. More may wait, so accept
        /// again next turn.
        case shed(Int)
        /// Nothing can be accepted now: stop watching the socket and try again after the pause.
        case pause(Duration, because: IOError)
        /// The socket accepts nothing any more, such as one that was shut down: close it. Trying again would fail in the
        /// same way.
        case failed(IOError)
    }

    /// The socket that listens.
    public let socket: Socket
    private var turns: AcceptTurns

    /// The pause after a failure that shedding does not help with.
    public static var pause: Duration { .milliseconds(250) }

    /// - Parameters:
    ///   - socket: a socket that listens.
    ///   - budget: the most connections to accept a turn, at least 1, so that they do not starve the others.
    ///   - exhaustion: what to do when the process has no descriptor left.
    /// - Throws: `noDescriptors` when not even the reserve can be had; `invalidArgument` for a budget below 1 and for a
    ///   socket that does not listen.
    public init(
        on socket: consuming Socket,
        budget: Int = 64,
        whenExhausted exhaustion: Exhaustion = .shed
    ) throws(IOError) {
        turns = try AcceptTurns(on: socket, budget: budget, whenExhausted: exhaustion)
        self.socket = socket
    }

    /// Accepts what waits, at most the budget, and hands each connection to `body`.
    public mutating func accept(_ body: (consuming AcceptedSocket) -> Void) -> Outcome {
        turns.accept(from: socket, while: { true }, body)
    }

    /// Accepts what waits, at most the budget and for as long as `goesOn` says so, and hands each connection to `body`.
    public mutating func accept(while goesOn: () -> Bool, _ body: (consuming AcceptedSocket) -> Void) -> Outcome {
        turns.accept(from: socket, while: goesOn, body)
    }

    /// Ends the acceptor and gives its socket back.
    public consuming func intoSocket() -> Socket {
        socket
    }
}
