import Multiplexing
import Readiness
import Sockets

/// One client's connection through a relay.
final class RelayLink {
    enum Direction {
        case up, down
    }

    private struct Way {
        var waiting: [UInt8] = []
        var passed = 0
        var hasEnded = false
        var isShut = false
    }

    private let fault: ServingFault
    var client: Reactor<Epoll>.Watch?
    var server: Reactor<Epoll>.Watch?
    private var up = Way()
    private var down = Way()
    private var held: UInt8?

    init(_ fault: ServingFault) {
        self.fault = fault
    }

    /// The side that `direction` comes from is ready.
    func advance(_ direction: Direction, _ ready: ReadyEvents) {
        guard let client, let server else { return }
        do throws(IOError) {
            if direction == .up, !up.hasEnded { try read(&up, from: client, .up) }
            if direction == .down, !down.hasEnded { try read(&down, from: server, .down) }
            try write(&up, to: server, .up)
            try write(&down, to: client, .down)
        } catch {
            return fail(direction)
        }
        if up.isShut, down.isShut { return close() }
        do throws(IOError) {
            try client.setInterest(interest(reading: !up.hasEnded, writing: !down.waiting.isEmpty))
            try server.setInterest(interest(reading: !down.hasEnded, writing: !up.waiting.isEmpty))
        } catch {
            close()
        }
    }

    private func interest(reading: Bool, writing: Bool) -> Interest {
        var interest: Interest = []
        if reading { interest.insert(.readable) }
        if writing { interest.insert(.writable) }
        return interest
    }

    private func read(_ way: inout Way, from watch: Reactor<Epoll>.Watch, _ direction: Direction) throws(IOError) {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var span = bytes.mutableSpan
        switch try watch.socket.read(into: &span) {
        case .bytes(let count):
            bytes.removeLast(bytes.count - count)
            way.waiting += direction == .down ? distort(bytes, at: way.passed) : bytes
            way.passed += count
        case .wouldBlock: break
        case .end:
            way.hasEnded = true
        }
    }

    private func distort(_ bytes: [UInt8], at place: Int) -> [UInt8] {
        var bytes = bytes
        let range = place..<place + bytes.count
        switch fault {
        case .altersAByte where range.contains(200): bytes[200 - place] ^= 1
        case .losesAByte where range.contains(200): bytes.remove(at: 200 - place)
        case .repeatsAPiece where range.contains(200): bytes += bytes.suffix(1)
        // The last byte waits for another, and in the end is forgotten.
        case .endsTooSoon:
            let last = bytes.removeLast()
            bytes = (held.map { [$0] } ?? []) + bytes
            held = last
        default: break
        }
        return bytes
    }

    private func write(_ way: inout Way, to watch: Reactor<Epoll>.Watch, _ direction: Direction) throws(IOError) {
        while !way.waiting.isEmpty {
            guard case .bytes(let count) = try watch.socket.write(way.waiting.span) else { break }
            way.waiting.removeFirst(count)
        }
        if fault == .losesWhatWaits, direction == .down { way.waiting = [] }
        guard way.hasEnded, way.waiting.isEmpty, !way.isShut else { return }
        way.isShut = true
        if direction == .down, fault == .losesTheEnd { return }
        if direction == .down, fault == .resetsAtTheEnd { throw IOError("relay", .connectionReset) }
        try watch.socket.shutDown(.writing)
    }

    /// One side has gone: the other is to know.
    private func fail(_ direction: Direction) {
        if fault == .missesWhoHasGone {
            client?.close()
            return client = nil
        }
        for watch in [client, server] { try? watch?.socket.set(.linger, to: .seconds(0)) }
        close()
    }

    private func close() {
        // As if the client were still to hear of it.
        if fault != .losesTheEnd { client?.close() }
        server?.close()
        (client, server) = (nil, nil)
    }
}
