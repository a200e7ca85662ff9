import Libevent
import Sockets

/// A stream at one end of a connection and a plain socket at the other.
final class StreamEnds {
    let stream: BufferEvent
    private(set) var peer: Socket

    init(_ base: EventBase, over kind: Kind = .unix) throws {
        var pair = try kind.pair()
        stream = try BufferEvent(adopting: take(&pair), on: base)
        peer = pair.second
    }

    /// Closes the plain end.
    func closePeer() throws {
        peer = try Socket(.unix)
    }

    enum Kind: CaseIterable {
        case unix, tcp

        func pair() throws -> SocketPair {
            switch self {
            case .unix: return try Socket.pair()
            case .tcp:
                let listener = try Socket.listening(on: .loopback(port: 0))
                let client = try Socket.connecting(to: listener.localAddress()).intoSocket()
                while true {
                    guard let accepted = try listener.accept() else { continue }
                    return SocketPair(first: accepted.intoSocket(), second: client)
                }
            }
        }
    }
}
