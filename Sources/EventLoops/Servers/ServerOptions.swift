public import Readiness
public import Sockets

/// How a server accepts, and what it grants each connection.
public struct ServerOptions: Sendable {
    /// The limits of each connection.
    public var stream = StreamOptions()
    /// The most connections at a time that come through one listening socket; more wait in the kernel until one ends.
    public var mostConnections = 100_000
    /// How connections are spread over several loops.
    public var spreading = Spreading.reusePort
    /// Connections that the kernel holds until they are accepted; it has a limit of its own (`listen(2)`).
    public var backlog = 4096
    /// The most connections accepted a turn, so that those that stand are served in between.
    public var acceptsPerTurn = 64
    /// What to do when the process has no descriptor left.
    public var whenExhausted = Acceptor.Exhaustion.shed
    /// What is set on the listening sockets before they are bound.
    public var bind: BindOptions = .reuseAddress
    /// Told of what goes wrong and ends nothing but itself: an error that a handler threw, connections that were refused
    /// for want of descriptors. On a loop's thread.
    public var onError: (@Sendable (any Error) -> Void)?

    public init() {}
}
