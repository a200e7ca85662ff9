internal import EvlabDemos
internal import Readiness
internal import Sockets

/// The echo server of a demonstration, on the interface that was chosen.
struct EchoServer {
    let api: EchoAPI
    let method: Method
    let trigger: Trigger

    /// Serves until a signal ends it.
    ///
    /// - Parameter announce: called with the address once the server accepts connections.
    func serve(on listener: consuming Socket, announce: (SocketAddress) -> Void) throws(IOError) -> EchoTotals {
        announce(try listener.localAddress())
        switch api {
        default: throw IOError("serve", .unsupported)
        }
    }
}
