internal import CLinux
internal import Glibc
internal import SeededRandom
internal import Sockets
internal import SystemPackage

/// The script that every echo server must follow: messages of many sizes that must come back, byte for byte; a client that
/// shuts its writing half must still get the rest, and then the end.
struct EchoScript: ~Copyable {
    private static let sizes = [1, 2, 64, 1000, 4096, 65_536]
    /// More than sockets hold, so that a server must wait until its client reads.
    private static let lastSize = 1 << 20

    private let socket: Socket
    private let patience: Duration
    private var random: RepeatableRandom

    /// What came of each step; never a failure of the server, which is a step like others.
    ///
    /// - Parameter patience: how long a step may take.
    static func trace(
        _ address: SocketAddress,
        seed: UInt64,
        patience: Duration
    ) throws(ComparisonFailure) -> [String] {
        let socket = try ComparisonFailure.wrapping { () throws(IOError) in
            try connectedSocket(to: address, within: patience)
        }
        var script = EchoScript(socket, RepeatableRandom(seed: seed), patience)
        return script.run()
    }

    private init(_ socket: consuming Socket, _ random: RepeatableRandom, _ patience: Duration) {
        self.socket = socket
        self.patience = patience
        self.random = random
    }

    private mutating func run() -> [String] {
        var lines = Self.sizes.map { size in "\(byteSize(size)): " + exchange(text(size), thenShut: false) }
        lines.append("\(byteSize(Self.lastSize)) and the end: " + exchange(text(Self.lastSize), thenShut: true))
        return lines
    }

    /// Bytes that differ from message to message.
    private mutating func text(_ size: Int) -> [UInt8] {
        let part = random.bytes(min(size, 4099))
        var bytes = part
        while bytes.count < size { bytes += part }
        bytes.removeSubrange(size...)
        return bytes
    }

    /// Sends a message and takes what comes back of it; what is wrong with it, if anything is.
    private mutating func exchange(_ sent: [UInt8], thenShut: Bool) -> String {
        var (written, received, hasEnded) = (0, 0, false)
        let deadline = Deadline(after: patience)
        while thenShut ? !hasEnded : received < sent.count {
            var request = pollfd(fd: socket.fileDescriptor.rawValue, events: Int16(POLLIN), revents: 0)
            if written < sent.count { request.events |= Int16(POLLOUT) }
            let result = unsafe clinux_poll(&request, 1, deadline.milliseconds)
            if result <= 0, deadline.hasPassed { return "only \(received) bytes came back" }
            do throws(IOError) {
                if written < sent.count { written += try write(sent, from: written, thenShut: thenShut) }
                if let complaint = try read(sent, &received, &hasEnded) { return complaint }
            } catch {
                return "\(error) after \(received) bytes"
            }
            if hasEnded, received < sent.count { return "the end after \(received) bytes" }
        }
        return thenShut ? "all of it, and the end" : "all of it"
    }

    private func write(_ sent: [UInt8], from start: Int, thenShut: Bool) throws(IOError) -> Int {
        guard case .bytes(let count) = try socket.write(sent.span.extracting(start...)) else { return 0 }
        if start + count == sent.count, thenShut { try socket.shutDown(.writing) }
        return count
    }

    private func read(
        _ sent: [UInt8],
        _ received: inout Int,
        _ hasEnded: inout Bool
    ) throws(IOError) -> String? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var span = buffer.mutableSpan
        switch try socket.read(into: &span) {
        case .wouldBlock: return nil
        case .end:
            hasEnded = true
            return nil
        case .bytes(let count):
            guard received + count <= sent.count else { return "more bytes than were sent" }
            defer { received += count }
            let isSame = unsafe buffer.withUnsafeBytes { got in
                unsafe sent.withUnsafeBytes { expected in
                    guard let start = got.baseAddress, let other = expected.baseAddress else { return false }
                    return unsafe memcmp(start, other + received, count) == 0
                }
            }
            guard !isSame else { return nil }
            // Byte by byte only now: a debug build takes long for it.
            let index = (0..<count).first { buffer[$0] != sent[received + $0] } ?? 0
            return "byte \(received + index) is \(buffer[index]) instead of \(sent[received + index])"
        }
    }
}
