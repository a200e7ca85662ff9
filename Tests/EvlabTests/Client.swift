import CLinux
import Glibc
import Sockets
import SystemPackage

/// A blocking client with a deadline.
struct Client: ~Copyable {
    private let socket: Socket

    init(_ address: SocketAddress) throws {
        let connecting = try Socket.connecting(to: address)
        if connecting.outcome == .inProgress {
            try Self.wait(for: connecting.socket.fileDescriptor, POLLOUT)
            _ = try connecting.socket.finishConnecting()
        }
        socket = connecting.intoSocket()
    }

    private static func wait(for descriptor: FileDescriptor, _ events: CInt) throws {
        var request = pollfd(fd: descriptor.rawValue, events: Int16(events), revents: 0)
        let deadline = ContinuousClock.now + Program.patience
        while unsafe clinux_poll(&request, 1, 1000) <= 0 {
            guard ContinuousClock.now < deadline else {
                throw Program.Failure(description: "nothing came of the socket")
            }
        }
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            switch try socket.write(bytes.span.extracting(sent...)) {
            case .bytes(let count): sent += count
            case .wouldBlock: try Self.wait(for: socket.fileDescriptor, POLLOUT)
            }
        }
    }

    /// Sends until the kernel takes no more; how much that was.
    @discardableResult
    func sendWhatFits() throws -> Int {
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
        var sent = 0
        while case .bytes(let count) = try socket.write(chunk.span) { sent += count }
        return sent
    }

    /// Whether something to read, or the end, comes within a time.
    func hasInput(within time: Duration) throws -> Bool {
        var request = pollfd(fd: socket.fileDescriptor.rawValue, events: Int16(POLLIN), revents: 0)
        return unsafe clinux_poll(&request, 1, CInt(time / .milliseconds(1))) > 0
    }

    /// Lets the coming close reset the connection.
    func resetOnClose() throws {
        try socket.set(.linger, to: .seconds(0))
    }

    func shutDownWriting() throws {
        try socket.shutDown(.writing)
    }

    /// What comes, up to so many bytes or to the end of the stream.
    func receive(atMost count: Int = .max) throws -> [UInt8] {
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(count, 65_536))
        while received.count < count {
            var span = chunk.mutableSpan
            switch try socket.read(into: &span) {
            case .bytes(let count): received += chunk.prefix(count)
            case .wouldBlock: try Self.wait(for: socket.fileDescriptor, POLLIN)
            case .end: return received
            }
        }
        return received
    }

    /// Whether a message comes back.
    func echoes(_ message: String) throws -> Bool {
        try send(Array(message.utf8))
        return try receive(atMost: message.utf8.count) == Array(message.utf8)
    }
}
