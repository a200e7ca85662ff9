import CLinux
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// What becomes of a connect that does not finish at once (`connect(2)`, EINPROGRESS).
@Suite("Connecting")
struct ConnectTests {
    private static let ended: ReadyEvents = [.readable, .writable, .peerClosed, .hangUp]

    /// What a multiplexer reports of `events` to who asks for everything.
    private func reported(_ events: ReadyEvents, by kind: MultiplexerKind) -> ReadyEvents {
        kind == .select ? events.intersection([.readable, .writable]) : events
    }

    /// A listener whose queue is full: who connects next is left in progress.
    private struct FullListener: ~Copyable {
        let listener: Socket
        let client: Socket
        let address: SocketAddress

        init() throws {
            let listener = try Socket.listening(on: .loopback(port: 0), backlog: 0)
            let address = try listener.localAddress()
            let client = try Socket.connecting(to: address).intoSocket()
            waitUntilReady(client, POLLOUT)
            waitUntilReady(listener, POLLIN)
            self.listener = listener
            self.client = client
            self.address = address
        }
    }

    /// The error is read once; the connection stays ended, and says so.
    private func expectFailure(
        _ code: IOError.Code,
        of socket: borrowing Socket,
        _ multiplexer: inout AnyMultiplexer,
        _ kind: MultiplexerKind
    ) throws {
        let first = reported(Self.ended.union(.error), by: kind)
        #expect(try multiplexer.nextEvents() == [EventBatch.Event(token: 1, events: first)])
        #expect(failure { () throws(IOError) in try socket.finishConnecting() }?.code == code)
        #expect(failure { () throws(IOError) in try socket.finishConnecting() }?.code == .notConnected)
        let later = reported(Self.ended, by: kind)
        #expect(try multiplexer.readyNow() == [EventBatch.Event(token: 1, events: later)])
        try multiplexer.remove(socket)
        #expect(try multiplexer.readyNow().isEmpty)
    }

    @Test("fault 33: refused", arguments: MultiplexerKind.allCases)
    func refused(_ kind: MultiplexerKind) throws {
        var multiplexer = try kind.make()
        let socket = try Socket.connecting(to: try makeUnusedAddress()).intoSocket()
        try multiplexer.add(socket, for: kind.everyInterest, token: 1)
        try expectFailure(.connectionRefused, of: socket, &multiplexer, kind)
    }

    @Test("fault 33: unreachable", arguments: MultiplexerKind.allCases)
    func unreachable(_ kind: MultiplexerKind) throws {
        var multiplexer = try kind.make()
        let socket = try Socket(.ipv4)
        try multiplexer.add(socket, for: .writable, trigger: .levelOneShot, token: 1)
        let before = try multiplexer.nextEvents()
        // No route for a connection leads to many at once.
        let nowhere = try #require(SocketAddress("224.0.0.1:9"))
        #expect(failure { () throws(IOError) in try socket.connect(to: nowhere) }?.code == .unreachable)
        try multiplexer.rearm(socket)
        #expect(try multiplexer.readyNow() == before)
        #expect(failure { () throws(IOError) in try socket.finishConnecting() }?.code == .notConnected)
    }

    // MARK: Those that take seconds, all at the same time

    /// A connect in progress, and a multiplexer that waits for its end.
    private struct Attempt: ~Copyable {
        let mode: MultiplexerMode
        var multiplexer: AnyMultiplexer
        let socket: Socket

        init(_ mode: MultiplexerMode, to address: SocketAddress, for interest: Interest, repetitions: CInt = 6) throws {
            var multiplexer = try mode.kind.make()
            let socket = try Socket(.ipv4)
            let number = socket.fileDescriptor.rawValue
            #expect(try socket.connect(to: address) == .inProgress)
            try multiplexer.add(socket, for: interest, trigger: mode.trigger, token: 1)
            #expect(try multiplexer.readyNow().isEmpty)
            #expect(try socket.finishConnecting() == .inProgress)
            // Only now, so that a busy machine does not let it time out before it was looked at.
            var repetitions = repetitions
            let size = socklen_t(MemoryLayout<CInt>.size)
            try #require(unsafe clinux_setsockopt(number, CInt(IPPROTO_TCP), TCP_SYNCNT, &repetitions, size) == 0)
            self.mode = mode
            self.multiplexer = multiplexer
            self.socket = socket
        }
    }

    @Test("fault 33: timed out, on every multiplexer")
    func timedOut() throws {
        let full = try FullListener()
        var attempts = TokenTable<Attempt>()
        let tokens = try MultiplexerKind.allCases.map { kind in
            let mode = MultiplexerMode(kind, .level)
            // One repetition of the first packet is all there is.
            return attempts.insert(try Attempt(mode, to: full.address, for: kind.everyInterest, repetitions: 1))
        }
        for token in tokens {
            _ = try attempts.withState(of: token) { attempt throws in
                try expectFailure(.timedOut, of: attempt.socket, &attempt.multiplexer, attempt.mode.kind)
            }
        }
    }

    @Test("fault 33: in progress, then connected, on every multiplexer")
    func succeeds() throws {
        let full = try FullListener()
        var attempts = TokenTable<Attempt>()
        let tokens = try MultiplexerMode.all.map { mode in
            attempts.insert(try Attempt(mode, to: full.address, for: .writable))
        }
        // The queue becomes longer; the kernel of each client knocks again after a second.
        try full.listener.listen(backlog: 100)
        for token in tokens {
            _ = try attempts.withState(of: token) { attempt throws in
                let events = try attempt.multiplexer.nextEvents()
                #expect(events == [EventBatch.Event(token: 1, events: .writable)], "\(attempt.mode)")
                #expect(try attempt.socket.finishConnecting() == .connected)
            }
        }
    }
}
