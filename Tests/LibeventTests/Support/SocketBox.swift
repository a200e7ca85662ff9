import CLinux
import Sockets
import SystemPackage
import Testing

/// A pair of sockets that can be kept in an array and captured.
final class SocketBox {
    private var first: Socket?
    let second: Socket

    init(_ kind: SocketKind = .stream) throws {
        var pair = try Socket.pair(kind)
        first = try take(&pair)
        second = pair.second
    }

    func takeFirst() -> Socket {
        guard let socket = first.take() else { preconditionFailure("the first socket was taken before") }
        return socket
    }
}

extension SocketHandle where Self: ~Copyable {
    /// A second descriptor of the same socket, with a number of at least `lowest`.
    borrowing func duplicated(from lowest: CInt) throws -> Descriptor {
        let copy = clinux_duplicate(fileDescriptor.rawValue, lowest)
        try #require(copy >= lowest)
        return Descriptor(adopting: FileDescriptor(rawValue: copy))
    }
}
