internal import CLinux
internal import Glibc
internal import Readiness
internal import Sockets
internal import SystemPackage

/// A client that does what it is told, and says what it sees.
///
/// Thread rule: a client belongs to one thread.
final class ScriptedClient {
    private let address: SocketAddress
    /// Seconds until what does not come is missing.
    private let patience: Double
    private var socket: Socket?
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// Small, so that a server soon has to wait for a client that does not read; and room for all that a client sends before
    /// it reads again.
    private static let receiveBuffer = 32 * 1024
    private static let sendBuffer = 4 * EchoModel.mostDue

    init(_ address: SocketAddress, patience: Double) {
        self.address = address
        self.patience = patience
    }

    /// Does it, and says what came of it.
    func perform(_ action: ServingAction) -> [ServingEvent] {
        do throws(IOError) {
            switch action {
            case .connect: return try connect()
            case .send(let bytes): return try send(bytes)
            case .sendOutOfBand:
                _ = try socket?.sendOutOfBand(0x21)
                return []
            case .expect(let bytes): return try receive(bytes)
            case .halfClose:
                try socket?.shutDown(.writing)
                return []
            case .expectEnd: return try receiveEnd()
            case .close: return close()
            case .reset:
                try socket?.set(.linger, to: .seconds(0))
                return close()
            }
        } catch {
            return [.failed(error.code)]
        }
    }

    private func connect() throws(IOError) -> [ServingEvent] {
        let new = try Socket(address.family, .stream)
        try new.set(.receiveBuffer, to: Self.receiveBuffer)
        try new.set(.sendBuffer, to: Self.sendBuffer)
        try new.set(.noDelay, to: true)
        let outcome = try new.connect(to: address)
        socket = consume new
        guard outcome == .inProgress else { return [.opened] }
        guard wait(for: POLLOUT, Deadline(after: patience)) else { return [.silence(missing: 0)] }
        _ = try socket?.finishConnecting()
        return [.opened]
    }

    private func send(_ bytes: [UInt8]) throws(IOError) -> [ServingEvent] {
        let deadline = Deadline(after: patience)
        var sent = 0
        while sent < bytes.count {
            switch try socket?.write(bytes.span.extracting(droppingFirst: sent)) {
            case .bytes(let count): sent += count
            case .wouldBlock: guard wait(for: POLLOUT, deadline) else { return [.noRoom] }
            case nil: return [.failed(.closed)]
            }
        }
        return []
    }

    private func receive(_ expected: [UInt8]) throws(IOError) -> [ServingEvent] {
        let deadline = Deadline(after: patience)
        var count = 0
        while count < expected.count {
            switch try readOnce(expected.span.extracting(droppingFirst: count)) {
            case .right(let more): count += more
            case .wrong(let more): return Self.data(count + more) + [.wrongByte(after: count + more)]
            case .nothing:
                let isLate = !wait(for: POLLIN, deadline)
                if isLate { return Self.data(count) + [.silence(missing: expected.count - count)] }
            case .end: return Self.data(count) + [.halfClosed]
            }
        }
        return [.data(count)]
    }

    private static func data(_ count: Int) -> [ServingEvent] { count > 0 ? [.data(count)] : [] }

    private enum Piece {
        case right(Int), wrong(after: Int), nothing, end
    }

    /// Reads what is due, and not more.
    private func readOnce(_ expected: Span<UInt8>) throws(IOError) -> Piece {
        let count = try read(atMost: expected.count)
        guard let count else { return .nothing }
        guard count > 0 else { return .end }
        for index in 0..<count where buffer[index] != expected[index] { return .wrong(after: index) }
        return .right(count)
    }

    /// How many bytes a read gave: 0 at the end, `nil` when nothing is there.
    private func read(atMost most: Int) throws(IOError) -> Int? {
        guard let number = socket?.fileDescriptor.rawValue else { return 0 }
        let result = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe clinux_read(number, bytes.baseAddress, min(most, bytes.count))
        }
        if result == -Int(EAGAIN) { return nil }
        guard result >= 0 else { throw IOError("read", errno: Errno(rawValue: CInt(-result))) }
        return result
    }

    private func receiveEnd() throws(IOError) -> [ServingEvent] {
        let deadline = Deadline(after: patience)
        while true {
            switch try read(atMost: 1) {
            case 0: return [.halfClosed] + close()
            case nil: guard wait(for: POLLIN, deadline) else { return [.silence(missing: 0)] }
            default: return [.surplus]
            }
        }
    }

    private func close() -> [ServingEvent] {
        socket = nil
        return [.closed]
    }

    /// Leaves without a word, so that the server forgets it at once.
    func abandon() {
        try? socket?.set(.linger, to: .seconds(0))
        socket = nil
    }

    /// Waits for the socket; false when the deadline has passed.
    private func wait(for events: CInt, _ deadline: Deadline) -> Bool {
        guard let number = socket?.fileDescriptor.rawValue else { return false }
        var request = pollfd(fd: number, events: CShort(events), revents: 0)
        // Once at least: who was not running for so long has not looked yet.
        repeat {
            if unsafe clinux_poll(&request, 1, deadline.milliseconds) > 0 { return true }
        } while deadline.milliseconds > 0
        return false
    }
}
