import Multiplexing
import Readiness
import Sockets

/// Passes on what clients and a server send each other, with a fault.
final class FaultyRelay {
    private let fault: ServingFault
    private let target: SocketAddress
    private let reactor: Reactor<Epoll>
    private var connections = 0

    init(_ fault: ServingFault, to target: SocketAddress) throws(IOError) {
        self.fault = fault
        self.target = target
        reactor = try Reactor(Epoll())
    }

    func run(_ listener: consuming Socket) throws(IOError) {
        _ = try Listener(on: reactor, adopting: listener) { [self] socket, _ in try open(socket) }
        try reactor.run()
    }

    private func open(_ socket: consuming Socket) throws(IOError) {
        connections += 1
        if fault == .refusesTheSecond, connections % 2 == 0 { return }
        if fault == .mixesInOutOfBandBytes { try socket.set(.outOfBandInline, to: true) }
        let server = try Socket(.ipv4, .stream)
        try server.set(.noDelay, to: true)
        _ = try server.connect(to: target)
        let link = RelayLink(fault)
        link.client = try reactor.watch(socket, for: .readable) { _, ready in link.advance(.up, ready) }
        link.server = try reactor.watch(server, for: .readable) { _, ready in link.advance(.down, ready) }
    }
}
