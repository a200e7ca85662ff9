import CLinux
import Glibc
import Sockets
import SystemPackage

/// A listener that never accepts and whose queue is full: a TCP connect to it hangs, as one to a host that does not answer; a
/// unix connect is refused with EAGAIN.
final class BlackHole: Sendable {
    private let listener: Socket
    private let filler: Socket
    let address: SocketAddress

    init(at address: SocketAddress) throws {
        listener = try Socket.listening(on: address, backlog: 0)
        self.address = try listener.localAddress()
        filler = try Socket.connecting(to: self.address).intoSocket()
        var request = pollfd(fd: filler.fileDescriptor.rawValue, events: CShort(CLINUX_POLL_WRITABLE), revents: 0)
        guard unsafe clinux_poll(&request, 1, 60_000) == 1 else { throw IOError("connect", .timedOut) }
    }

    /// Makes room in the queue: takes the connection that fills it.
    func accept() throws -> SocketBox? {
        guard let accepted = try listener.accept() else { return nil }
        return SocketBox(accepted.intoSocket())
    }
}
