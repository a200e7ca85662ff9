import CLinux
import Glibc
import Sockets
import SystemPackage

/// A plain client whose calls block a thread of their own, each with a deadline: what is tested does not test itself.
final class Peer: Sendable {
    private static let deadline: CInt = 60
    private let socket: Socket

    private init(connecting address: SocketAddress) throws {
        let connecting = try Socket.connecting(to: address)
        let outcome = connecting.outcome
        socket = connecting.intoSocket()
        guard outcome == .inProgress else { return }
        try wait(CLINUX_POLL_WRITABLE)
        guard try socket.finishConnecting() == .connected else { throw IOError("connect", .timedOut) }
    }

    static func connect(to address: SocketAddress) async throws -> Peer {
        try await onThread { try Peer(connecting: address) }
    }

    private func wait(_ events: CInt) throws {
        var request = pollfd(fd: socket.fileDescriptor.rawValue, events: CShort(events), revents: 0)
        guard unsafe clinux_poll(&request, 1, Self.deadline * 1000) > 0 else { throw IOError("poll", .timedOut) }
    }

    /// Has many peers come, some at a time: each sends a request, finishes, and reads until the connection ends in any way.
    static func visit(_ address: SocketAddress, _ count: Int, atOnce: Int = 20, _ request: [UInt8]) async throws {
        try await onThread {
            for first in stride(from: 0, to: count, by: atOnce) {
                let peers = try (first..<min(first + atOnce, count)).map { _ in try Peer(connecting: address) }
                for peer in peers { try peer.sendBlocking(request) }
                for peer in peers {
                    try? peer.finishWriting()
                    while let bytes = try? peer.receiveBlocking(atMost: 1000), !bytes.isEmpty {}
                }
            }
        }
    }

    func send(_ bytes: [UInt8]) async throws {
        try await onThread { [self] in try sendBlocking(bytes) }
    }

    private func sendBlocking(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            switch try socket.write(bytes.span.extracting(droppingFirst: sent)) {
            case .bytes(let count): sent += count
            case .wouldBlock: try wait(CLINUX_POLL_WRITABLE)
            }
        }
    }

    /// Sends what fits now.
    func sendSome(_ bytes: [UInt8]) throws -> Int {
        guard case .bytes(let count) = try socket.write(bytes.span) else { return 0 }
        return count
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// The next bytes, as many as there are; none at the end.
    func receive(atMost most: Int = 65_536) async throws -> [UInt8] {
        try await onThread { [self] in try receiveBlocking(atMost: most) }
    }

    private func receiveBlocking(atMost most: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: most)
        while true {
            var span = bytes.mutableSpan
            switch try socket.read(into: &span) {
            case .bytes(let count): return Array(bytes.prefix(count))
            case .end: return []
            case .wouldBlock: try wait(CLINUX_POLL_READABLE)
            }
        }
    }

    /// What has come, without waiting.
    func receiveNow() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var span = bytes.mutableSpan
        guard case .bytes(let count) = try socket.read(into: &span) else { return [] }
        return Array(bytes.prefix(count))
    }

    func receive(exactly count: Int) async throws -> [UInt8] {
        try await onThread { [self] in
            var all: [UInt8] = []
            while all.count < count {
                let more = try receiveBlocking(atMost: min(count - all.count, 262_144))
                guard !more.isEmpty else { throw IOError("read", .closed, detail: "the end, after \(all.count) bytes") }
                all += more
            }
            return all
        }
    }

    func receiveUntilEnd() async throws -> [UInt8] {
        try await onThread { [self] in
            var all: [UInt8] = []
            while true {
                let more = try receiveBlocking(atMost: 65_536)
                guard !more.isEmpty else { return all }
                all += more
            }
        }
    }

    /// Takes so many bytes that nobody looks at. The kernel does not copy them (`tcp(7)`, MSG_TRUNC).
    func discard(_ count: Int) async throws {
        try await onThread { [self] in
            var left = count
            while left > 0 {
                let taken = clinux_recv(socket.fileDescriptor.rawValue, nil, left, CInt(MSG_TRUNC))
                guard taken != 0 else { throw IOError("recv", .closed, detail: "the end, before \(left) bytes") }
                if taken == -Int(EAGAIN) { try wait(CLINUX_POLL_READABLE) }
                guard taken > 0 || taken == -Int(EAGAIN) else {
                    throw IOError("recv", errno: Errno(rawValue: CInt(-taken)))
                }
                left -= max(taken, 0)
            }
        }
    }

    func receiveText(_ count: Int) async throws -> String {
        String(decoding: try await receive(exactly: count), as: UTF8.self)
    }

    /// Sends a byte out of band (MSG_OOB).
    func sendUrgently(_ byte: UInt8) throws {
        var byte = byte
        let sent = unsafe Glibc.send(socket.fileDescriptor.rawValue, &byte, 1, CInt(MSG_OOB))
        guard sent == 1 else { throw IOError("send", errno: Errno(rawValue: errno)) }
    }

    func finishWriting() throws {
        try socket.shutDown(.writing)
    }

    /// Has the end of the peer reset the connection.
    func resetAtEnd() throws {
        try socket.set(.linger, to: .seconds(0))
    }

    func set<Value>(_ option: SocketOption<Value>, to value: Value) throws {
        try socket.set(option, to: value)
    }
}
