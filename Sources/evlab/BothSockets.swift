internal import Sockets

/// A socket for connections and one for datagrams, on one port.
struct BothSockets: ~Copyable {
    var stream: Socket
    var datagram: Socket

    consuming func split<Result>(
        _ body: (consuming Socket, consuming Socket) throws(IOError) -> Result
    ) throws(IOError) -> Result {
        try body(stream, datagram)
    }
}

extension ListeningOptions {
    /// A socket that listens and one that receives, on the same port.
    func listenForBoth() throws -> BothSockets {
        var triesLeft = port == 0 ? 100 : 1
        while true {
            let stream = try listen()
            let address = try stream.localAddress()
            do throws(IOError) {
                return BothSockets(stream: stream, datagram: try Socket.bound(to: address))
            } catch {
                // A port that is free for TCP may be taken for UDP.
                triesLeft -= 1
                guard triesLeft == 0 else { continue }
                throw CommandFailure(description: "cannot receive on \(address): \(error); choose another --port")
            }
        }
    }
}
