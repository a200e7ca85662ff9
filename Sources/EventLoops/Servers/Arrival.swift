internal import Sockets

/// A connection that one loop has accepted for another: a number, for an array takes no socket.
struct Arrival {
    let number: CInt
    let peer: SocketAddress?
}
