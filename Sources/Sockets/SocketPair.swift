/// Two connected sockets.
@frozen
public struct SocketPair: ~Copyable, Sendable {
    public var first: Socket
    public var second: Socket

    /// Two sockets that belong together.
    public init(first: consuming Socket, second: consuming Socket) {
        self.first = first
        self.second = second
    }

    /// Takes the pair apart.
    public consuming func split<Result: ~Copyable, Failure: Error>(
        _ body: (consuming Socket, consuming Socket) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(first, second)
    }
}
