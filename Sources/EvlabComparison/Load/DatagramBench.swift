internal import CLinux
internal import Glibc
internal import SeededRandom
internal import Sockets
internal import SystemPackage

/// Datagrams that are echoed, so many of them under way.
final class DatagramBench: Bench {
    private static let sizes = [1, 64, 0, 1400, 9000]

    private let window: Int
    private let size: Int
    private let server: BenchMaker.Server
    private let patience: Duration
    private let socket: Socket
    private var random: RepeatableRandom
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(window: Int, size: Int, _ server: BenchMaker.Server, seed: UInt64, patience: Duration)
        throws(ComparisonFailure)
    {
        self.window = window
        self.size = size
        self.server = server
        self.patience = patience
        random = RepeatableRandom(seed: seed)
        socket = try ComparisonFailure.wrapping { () throws(IOError) in
            let socket = try Socket(server.address.family, .datagram)
            _ = try socket.connect(to: server.address)
            return socket
        }
    }

    func trace() throws(ComparisonFailure) -> [String] {
        var lines: [String] = []
        for size in Self.sizes {
            let sent = random.bytes(size)
            try send(sent)
            guard let got = try receive(within: patience) else {
                lines.append("\(byteSize(size)): nothing came back")
                continue
            }
            lines.append("\(byteSize(size)): " + (got == sent ? "it came back" : "\(got.count) other bytes came back"))
        }
        return lines
    }

    func sample(_ duration: Duration) throws(ComparisonFailure) -> Sample {
        let messages = (0..<window).map { _ in random.bytes(size) }
        var began = [Int64](repeating: 0, count: window)
        var meter = try LoadMeter(server: server.process)
        for (number, message) in messages.enumerated() {
            began[number] = clinux_monotonic_now()
            try send(message)
        }
        let end = Deadline(after: duration)
        // They come back in the order in which they were sent: loopback keeps it, and there is one server.
        var next = 0
        while !end.hasPassed || meter.count < 2 * window {
            guard let got = try receive(within: .silence) else {
                throw ComparisonFailure("the server has been silent for \(Duration.silence)")
            }
            guard got == messages[next] else { throw ComparisonFailure("the server sent back another datagram") }
            let now = clinux_monotonic_now()
            meter.record(delay: now - began[next])
            began[next] = now
            try send(messages[next])
            next = (next + 1) % window
        }
        let sample = try meter.sample()
        for _ in 0..<window { _ = try receive(within: .silence) }
        return sample
    }

    private func send(_ message: [UInt8]) throws(ComparisonFailure) {
        let result = unsafe message.withUnsafeBytes {
            unsafe clinux_send(socket.fileDescriptor.rawValue, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        guard result == message.count else {
            throw ComparisonFailure(IOError("send", errno: Errno(rawValue: CInt(clamping: -min(result, 0)))))
        }
    }

    /// The next datagram; `nil` when none came.
    private func receive(within duration: Duration) throws(ComparisonFailure) -> [UInt8]? {
        let deadline = Deadline(after: duration)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe clinux_recv(socket.fileDescriptor.rawValue, $0.baseAddress, $0.count, 0)
            }
            if count >= 0 { return Array(buffer[..<count]) }
            guard count == -Int(EAGAIN) else {
                throw ComparisonFailure(IOError("recv", errno: Errno(rawValue: CInt(clamping: -count))))
            }
            var request = pollfd(fd: socket.fileDescriptor.rawValue, events: Int16(POLLIN), revents: 0)
            if unsafe clinux_poll(&request, 1, deadline.milliseconds) <= 0, deadline.hasPassed { return nil }
        }
    }
}
