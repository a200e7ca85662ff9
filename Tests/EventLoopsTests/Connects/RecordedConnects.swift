import EventLoops
import Sockets

/// Connects as the system does, and keeps which addresses were tried, and with which sockets.
struct RecordedConnects: Sendable {
    let addresses = Collected<SocketAddress>()
    let sockets = Collected<SocketIdentity>()

    /// - Parameter answers: the addresses of every name.
    func seam(_ answers: [SocketAddress] = []) -> ConnectSeam {
        ConnectSeam(resolver: Resolver { _ in .success(answers) }) { address throws(IOError) in
            addresses.add(address)
            let connecting = try Socket.connecting(to: address)
            sockets.add(SocketIdentity(connecting.socket.fileDescriptor))
            return connecting
        }
    }

    /// How many of the sockets are open.
    var open: Int { sockets.all.count(where: \.isOpen) }
}
