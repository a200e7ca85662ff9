import Sockets

/// Keeps a socket open.
final class SocketBox {
    private let socket: Socket

    init(_ socket: consuming Socket) {
        self.socket = socket
    }
}
