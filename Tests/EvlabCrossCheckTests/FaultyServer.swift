import EvlabCrossCheck
import Multiplexing
import Readiness
import Sockets
import Synchronization
import SystemPackage

/// A demonstration with something between it and its clients that is right but for one thing.
final class FaultyServer: ScriptedServer, Sendable {
    private let inner: DemoServer
    let address: SocketAddress

    init(_ fault: ServingFault, _ name: ServerName) throws(IOError) {
        inner = try DemoServer(name)
        let listener = try Socket.listening(on: .loopback(port: 0))
        try listener.set(.receiveBuffer, to: 32 * 1024)
        try listener.set(.sendBuffer, to: 32 * 1024)
        try listener.set(.noDelay, to: true)
        address = try listener.localAddress()
        let descriptor = listener.release()
        let target = inner.address
        try startThread {
            // Until the process ends.
            _ = try? FaultyRelay(fault, to: target).run(Socket(adopting: descriptor))
        }
    }

    var isReady: Bool { inner.isReady }
    var outcome: Result<ServedTotals, any Error>? { inner.outcome }
}
