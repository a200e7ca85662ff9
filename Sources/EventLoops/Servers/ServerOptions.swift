public import Readiness
public import Sockets

/// How a server accepts, and what it grants each connection.
public struct ServerOptions: Sendable {
    /// The limits of each connection.
    public var stream = StreamOptions()
    /// The most connections that the server has at a time, on all its loops together; at least 1. More wait in the kernel
    /// until one ends. One that is finished and only waits for its peer's end does not count.
    public var mostConnections = 100_000
    /// How connections are spread over several loops.
    public var spreading = Spreading.reusePort
    /// Connections that the kernel holds until they are accepted; it has a limit of its own (`listen(2)`).
    public var backlog = 4096
    /// The most connections accepted a turn, so that those that stand are served in between.
    public var acceptsPerTurn = 64
    /// What to do when the process has no descriptor left.
    public var whenExhausted = Acceptor.Exhaustion.shed
    /// What is set on the listening sockets before they are bound. With `BindOptions.reusePort` several processes of one
    /// user can serve one port, and the kernel spreads the clients over them.
    public var bind: BindOptions = .reuseAddress
    /// Called with what went wrong: an error that a handler threw, connections that were refused because the process had no
    /// descriptor left, and what ended the server, which `run` throws too. On a loop's thread.
    public var onError: (@Sendable (any Error) -> Void)?

    public init() {}
}
