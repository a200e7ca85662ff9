import Multiplexing
import Readiness
import Sockets
import Testing

/// Two connected sockets, the first of which can be given away.
final class Pair {
    private var first: Socket?
    let second: Socket

    /// Of the unix family.
    convenience init() throws {
        self.init(try Socket.pair())
    }

    init(_ pair: consuming SocketPair) {
        var first: Socket?
        second = pair.split { one, other in
            first = consume one
            return other
        }
        self.first = consume first
    }

    private init(_ first: consuming Socket, _ second: consuming Socket) {
        self.first = consume first
        self.second = second
    }

    /// Of TCP, the first of which was accepted.
    static func overTCP() throws -> Pair {
        let listening = try Socket.listening(on: .loopback(port: 0))
        let connecting = try Socket.connecting(to: listening.localAddress()).intoSocket()
        try listening.waitForInput()
        guard let accepted = try listening.accept() else { throw IOError("accept4", .closed) }
        return Pair(accepted.intoSocket(), connecting)
    }

    func takeFirst() throws -> Socket {
        guard let socket = first.take() else { throw IOError("Pair", .closed) }
        return socket
    }

    func send(_ text: String) throws {
        _ = try second.write(Array(text.utf8).span)
    }
}

extension SocketHandle where Self: ~Copyable, Self: ~Escapable {
    /// Waits until there is something to read, be it the end. That may come later than the close of the peer: a child that
    /// another test has just forked has it too until it becomes its program.
    func waitForInput() throws {
        var poll = try Poll()
        try poll.add(self, for: .readable, token: 0)
        var ready = try EventBatch(capacity: 1)
        #expect(try poll.wait(into: &ready, upTo: patience) == 1)
    }

    /// Waits until a connect has come to its end.
    func waitForRoom() throws {
        var poll = try Poll()
        try poll.add(self, for: .writable, token: 0)
        var ready = try EventBatch(capacity: 1)
        #expect(try poll.wait(into: &ready, upTo: patience) == 1)
    }

    /// What one read gives, at most `count` bytes; empty at the end and when there is nothing.
    func readText(_ count: Int = 1024) throws -> String {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        guard case .bytes(let count) = try read(into: &span) else { return "" }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// What one read gives; `nil` at the end, after a failure, and when there is nothing.
    func readBytes() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var span = bytes.mutableSpan
        guard case .bytes(let count) = try? read(into: &span) else { return nil }
        return Array(bytes.prefix(count))
    }
}
