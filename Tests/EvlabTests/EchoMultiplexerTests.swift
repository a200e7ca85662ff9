import CLinux
import EvlabDemos
import Glibc
import Readiness
import Sockets
import SystemPackage
import Testing

/// The echo on bare epoll under every trigger, also those that the command does not offer, against awkward peers.
/// Each server has a process of its own, for it lives until that process gets a signal.
@Suite("The echo on a multiplexer", .serialized)
struct EchoMultiplexerTests {
    enum Mode: String, Codable, CaseIterable, Sendable {
        case level, edge, levelOneShot, edgeOneShot

        var trigger: Trigger {
            switch self {
            case .level: .level
            case .edge: .edge
            case .levelOneShot: .levelOneShot
            case .edgeOneShot: .edgeOneShot
            }
        }
    }

    private static func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    /// Runs the peers on a thread of their own, then ends the server with a signal.
    private static func serve(
        _ mode: Mode,
        grace: Duration = .seconds(2),
        peers: @escaping @Sendable (SocketAddress) throws -> Void
    ) throws -> EchoTotals {
        final class Peers: Sendable {
            let address: SocketAddress
            let body: @Sendable (SocketAddress) throws -> Void

            init(_ address: SocketAddress, _ body: @escaping @Sendable (SocketAddress) throws -> Void) {
                self.address = address
                self.body = body
            }
        }
        // The threads of the concurrency pool block signals; the one that serves is not one of them everywhere.
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_UNBLOCK, &all, nil)
        let listener = try Socket.listening(on: .loopback(port: 0))
        let job = unsafe Unmanaged.passRetained(Peers(try listener.localAddress(), peers)).toOpaque()
        var thread = pthread_t()
        let totals = try serveEcho(onMultiplexer: listener, trigger: mode.trigger, grace: grace) {
            let result = unsafe pthread_create(
                &thread,
                nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    let peers = unsafe Unmanaged<Peers>.fromOpaque(argument).takeRetainedValue()
                    do { try peers.body(peers.address) } catch { Issue.record(error) }
                    kill(getpid(), SIGTERM)
                    return nil
                },
                job
            )
            #expect(result == 0)
        }
        pthread_join(thread, nil)
        return totals
    }

    @Test("peers that send in pieces, finish early, reset and never stop sending", arguments: Mode.allCases)
    func peers(_ mode: Mode) async {
        await #expect(processExitsWith: .success) { [mode] in
            let totals = try Self.serve(mode) { address in
                try Self.sendInPieces(address)
                try Self.finishEarly(address)
                try Self.finishWithData(address)
                try Self.reset(address)
                try Self.beServedBesideAFirehose(address)
                // Whoever came before has left the server as it was.
                let last = try Client(address)
                #expect(try last.echoes("still there"))
            }
            #expect(totals.connections >= 7)
            #expect(totals.shed == 0)
        }
    }

    private static func sendInPieces(_ address: SocketAddress) throws {
        let client = try Client(address)
        var size = 1
        while size < 100_000 {
            let bytes = pattern(size)
            try client.send(bytes)
            #expect(try client.receive(atMost: size) == bytes)
            size = size * 3 + 1
        }
    }

    /// More than the kernel holds: the server has to stop reading until its peer begins to.
    private static func finishEarly(_ address: SocketAddress) throws {
        let socket = try Socket.connecting(to: address).intoSocket()
        try waitForRoom(socket)
        let bytes = pattern(8_000_000)
        var sent = 0
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 50_000)
        var isFinished = false
        let deadline = ContinuousClock.now + Program.patience
        var idleTurns = 0
        while ContinuousClock.now < deadline {
            if sent < bytes.count {
                if case .bytes(let count) = try socket.write(bytes.span.extracting(sent...)) {
                    sent += count
                    idleTurns = 0
                    continue
                }
                // Reads only once the whole way is full.
                idleTurns += 1
                if idleTurns < 50 {
                    usleep(1000)
                    continue
                }
            } else if !isFinished {
                try socket.shutDown(.writing)
                isFinished = true
            }
            var span = chunk.mutableSpan
            switch try socket.read(into: &span) {
            case .bytes(let count): received += chunk.prefix(count)
            case .wouldBlock: usleep(100)
            case .end:
                #expect(received == bytes)
                return
            }
        }
        Issue.record("\(received.count) of \(sent) bytes came back, and no end")
    }

    private static func finishWithData(_ address: SocketAddress) throws {
        for _ in 0..<50 {
            let client = try Client(address)
            try client.send(Array("data and its end".utf8))
            try client.shutDownWriting()
            #expect(try client.receive() == Array("data and its end".utf8))
        }
    }

    private static func reset(_ address: SocketAddress) throws {
        for _ in 0..<20 {
            let socket = try Socket.connecting(to: address).intoSocket()
            try waitForRoom(socket)
            let bytes = pattern(300_000)
            for _ in 0..<10 { _ = try? socket.write(bytes.span) }
            try socket.set(.linger, to: .seconds(0))
            socket.close()
        }
    }

    private static func beServedBesideAFirehose(_ address: SocketAddress) throws {
        let firehose = try Socket.connecting(to: address).intoSocket()
        try waitForRoom(firehose)
        let polite = try Client(address)
        let bytes = pattern(262_144)
        var chunk = [UInt8](repeating: 0, count: 262_144)
        for round in 0..<50 {
            _ = try firehose.write(bytes.span)
            #expect(try polite.echoes("round \(round)"))
            var span = chunk.mutableSpan
            _ = try firehose.read(into: &span)
        }
    }

    @Test("out-of-band data leaves the stream as it is", arguments: Mode.allCases)
    func outOfBand(_ mode: Mode) async {
        await #expect(processExitsWith: .success) { [mode] in
            _ = try Self.serve(mode) { address in
                let socket = try Socket.connecting(to: address).intoSocket()
                try waitForRoom(socket)
                try socket.set(.noDelay, to: true)
                for round in 0..<100 {
                    let text = "before \(round)"
                    #expect(try socket.write(Array(text.utf8).span) == .bytes(text.utf8.count))
                    #expect(try socket.sendOutOfBand(0x21) == .bytes(1))
                    #expect(try socket.write(Array(" after".utf8).span) == .bytes(6))
                    // A read ends at the mark; what follows it has to come too, though no edge comes for it.
                    #expect(try read(socket, text.utf8.count + 6) == text + " after")
                }
            }
        }
    }

    @Test("a second signal ends it before the time to drain is over", arguments: Mode.allCases)
    func secondSignal(_ mode: Mode) async {
        await #expect(processExitsWith: .success) { [mode] in
            let start = ContinuousClock.now
            let totals = try Self.serve(mode, grace: Program.patience) { address in
                // Stays, so that there is something to wait for.
                _ = try Socket.connecting(to: address).intoSocket().release()
                let client = try Client(address)
                #expect(try client.echoes("hello"))
                kill(getpid(), SIGINT)
                // Once it does not accept any more, the first signal has been taken.
                #expect(eventually { (try? Client(address)) == nil })
            }
            #expect(totals.bytes == 5)
            #expect(start.duration(to: .now) < Program.patience)
        }
    }
}

/// Waits until a connection stands.
private func waitForRoom(_ socket: borrowing Socket) throws {
    var request = pollfd(fd: socket.fileDescriptor.rawValue, events: Int16(POLLOUT), revents: 0)
    #expect(unsafe clinux_poll(&request, 1, CInt(Program.patience / .milliseconds(1))) == 1)
}

/// So many bytes of text, as far as they come.
private func read(_ socket: borrowing Socket, _ count: Int) throws -> String {
    var received: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: count)
    let deadline = ContinuousClock.now + Program.patience
    while received.count < count, ContinuousClock.now < deadline {
        var span = chunk.mutableSpan
        guard case .bytes(let count) = try socket.read(into: &span) else {
            usleep(100)
            continue
        }
        received += chunk.prefix(count)
    }
    return String(decoding: received, as: UTF8.self)
}
