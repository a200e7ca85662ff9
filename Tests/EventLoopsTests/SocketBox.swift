import Sockets

/// Keeps a socket open.
final class SocketBox {
    private let socket: Socket

    init(_ socket: consuming Socket) {
        self.socket = socket
    }

    /// The next byte, if one has come.
    func readByte() throws -> UInt8? {
        var bytes: [UInt8] = [0]
        var span = bytes.mutableSpan
        guard case .bytes(1) = try socket.read(into: &span) else { return nil }
        return bytes[0]
    }
}
