import CLinux
import Glibc
import Sockets
import SystemPackage

/// A blocking socket for datagrams, with a deadline.
struct DatagramClient: ~Copyable {
    private let socket: Socket
    private let server: SocketAddress

    /// - Parameter address: where it stands itself; anywhere if not given.
    init(to server: SocketAddress, from address: SocketAddress = .loopback(port: 0)) throws {
        socket = try Socket.bound(to: address)
        self.server = server
    }

    func send(_ bytes: [UInt8]) throws {
        guard try socket.send(bytes.span, to: server) == .bytes(bytes.count) else {
            throw Program.Failure(description: "a datagram of \(bytes.count) bytes was not sent")
        }
    }

    /// The next datagram.
    func receive() throws -> [UInt8] {
        let deadline = ContinuousClock.now + Program.patience
        while ContinuousClock.now < deadline {
            var request = pollfd(fd: socket.fileDescriptor.rawValue, events: Int16(POLLIN), revents: 0)
            _ = unsafe clinux_poll(&request, 1, 1000)
            if let bytes = try receiveNow() { return bytes }
        }
        throw Program.Failure(description: "no datagram came")
    }

    /// A datagram that is there already.
    func receiveNow() throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var room = buffer.mutableSpan
        guard let datagram = try socket.receive(into: &room) else { return nil }
        return Array(buffer.prefix(datagram.count))
    }
}
