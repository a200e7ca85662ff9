public import Sockets

/// Places of this machine at which a connect ends in each of its ways, for a demonstration that needs no other machine.
public struct ConnectTargets: ~Copyable {
    /// Somebody listens; the kernel completes connections by itself.
    private let open: Socket
    /// A port that is taken, on which nobody listens.
    private let closed: Socket
    /// Somebody listens whose backlog is full: the kernel answers nothing.
    private let full: Socket
    private let fillers: SocketPair

    /// - Throws: what the making of sockets throws.
    public init() throws(IOError) {
        let open = try Socket.listening(on: .loopback(port: 0))
        let closed = try Socket.bound(to: .loopback(port: 0), .stream)
        let full = try Socket.listening(on: .loopback(port: 0), backlog: 0)
        // The first takes the only place, the second waits for it.
        let address = try full.localAddress()
        let first = try Socket.connecting(to: address).intoSocket()
        let second = try Socket.connecting(to: address).intoSocket()
        fillers = SocketPair(first: first, second: second)
        self.open = open
        self.closed = closed
        self.full = full
    }

    /// One address for each way: established, refused, timed out, unreachable.
    public var addresses: [SocketAddress] {
        get throws(IOError) {
            // TCP has no way to everybody at once.
            let everybody = SocketAddress.ipv4(255, 255, 255, 255, port: 9)
            return [try open.localAddress(), try closed.localAddress(), try full.localAddress(), everybody]
        }
    }
}
