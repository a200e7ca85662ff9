internal import CLinux
internal import Glibc
internal import Sockets

/// The check before any timing: a server must give back one mebibyte of random bytes, in order and to the last one, to
/// a client that has already shut its writing half.
struct EchoGate: ~Copyable {
    private static let count = 1 << 20

    private let socket: Socket
    private let sent: [UInt8]
    private var written = 0
    private var received: [UInt8] = []
    private var hasEnded = false

    /// - Throws: the first difference, or what else went wrong.
    static func check(
        _ subject: EchoSubject,
        at address: SocketAddress,
        seed: UInt64,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) {
        do throws(ComparisonFailure) {
            let socket = try ComparisonFailure.wrapping { () throws(IOError) in
                try Socket.connecting(to: address).intoSocket()
            }
            var gate = EchoGate(socket, seed: seed)
            try gate.run(waiting)
        } catch {
            if error.isInterruption { throw error }
            throw ComparisonFailure("\(subject.rawValue) is not timed, because it does not echo: \(error)")
        }
    }

    private init(_ socket: consuming Socket, seed: UInt64) {
        self.socket = socket
        var random = SeededGenerator(seed: seed)
        sent = random.bytes(Self.count)
        received.reserveCapacity(Self.count)
    }

    private mutating func run(_ waiting: borrowing Waiting) throws(ComparisonFailure) {
        let deadline = Deadline(after: .seconds(20))
        while !hasEnded {
            let events = POLLIN | (written < sent.count ? POLLOUT : 0)
            let ready = try waiting.wait(for: socket.fileDescriptor, CInt(events), until: deadline)
            guard ready != 0 else { throw ComparisonFailure("only \(received.count) bytes came back in 20 seconds") }
            if ready & ~CInt(POLLOUT) != 0 { try read() }
            if ready & CInt(POLLOUT) != 0 { try write() }
        }
        guard received.count == sent.count else {
            throw ComparisonFailure("it closed after \(received.count) of \(sent.count) bytes")
        }
    }

    private mutating func write() throws(ComparisonFailure) {
        let outcome = try ComparisonFailure.wrapping { () throws(IOError) in
            try socket.write(sent.span.extracting(written...))
        }
        guard case .bytes(let count) = outcome else { return }
        written += count
        guard written == sent.count else { return }
        try ComparisonFailure.wrapping { () throws(IOError) in try socket.shutDown(.writing) }
    }

    private mutating func read() throws(ComparisonFailure) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let outcome = try ComparisonFailure.wrapping { () throws(IOError) in
            var span = chunk.mutableSpan
            return try socket.read(into: &span)
        }
        switch outcome {
        case .wouldBlock: break
        case .end: hasEnded = true
        case .bytes(let count): try compare(chunk[..<count])
        }
    }

    private mutating func compare(_ bytes: ArraySlice<UInt8>) throws(ComparisonFailure) {
        let expected = sent[received.count..<min(received.count + bytes.count, sent.count)]
        guard bytes.count <= expected.count else { throw ComparisonFailure("it sent back more bytes than it got") }
        // Byte by byte only where they differ: a debug build takes seconds for it.
        if !Self.areEqual(bytes, expected),
            let (offset, pair) = zip(bytes, expected).enumerated().first(where: { $0.element.0 != $0.element.1 })
        {
            let (got, wanted) = pair
            throw ComparisonFailure("byte \(received.count + offset) came back as \(got) instead of \(wanted)")
        }
        received += bytes
    }

    private static func areEqual(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Bool {
        unsafe first.withUnsafeBytes { first in
            unsafe second.withUnsafeBytes { second in
                guard first.count == second.count, let start = first.baseAddress, let other = second.baseAddress else {
                    return first.count == second.count
                }
                return unsafe memcmp(start, other, first.count) == 0
            }
        }
    }
}
