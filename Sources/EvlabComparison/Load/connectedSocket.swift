internal import CLinux
internal import Glibc
internal import Sockets
internal import SystemPackage

/// A connected, non-blocking stream socket.
func connectedSocket(to address: SocketAddress, within duration: Duration) throws(IOError) -> Socket {
    let connecting = try Socket.connecting(to: address)
    if connecting.outcome == .inProgress {
        var request = pollfd(fd: connecting.socket.fileDescriptor.rawValue, events: Int16(POLLOUT), revents: 0)
        let deadline = Deadline(after: duration)
        while unsafe clinux_poll(&request, 1, deadline.milliseconds) <= 0, !deadline.hasPassed {}
        guard try connecting.socket.finishConnecting() == .connected else {
            throw IOError("connect", .timedOut, detail: "\(address)")
        }
    }
    return connecting.intoSocket()
}
