import Multiplexing
import Readiness
import Sockets
import Testing

/// What goes wrong with datagrams, on every engine.
@Suite struct DatagramFaultTests {
    /// What a socket's handler has been told.
    private final class Inbox {
        var datagrams: [[UInt8]] = []
        var truncated: [Bool] = []
        var errors: [IOError.Code] = []

        func take(from socket: borrowing some SocketHandle & ~Copyable & ~Escapable, upTo count: Int) {
            var bytes = [UInt8](repeating: 0, count: count)
            do throws(IOError) {
                var span = bytes.mutableSpan
                guard let received = try socket.receive(into: &span) else { return }
                datagrams.append(Array(bytes.prefix(received.count)))
                truncated.append(received.isTruncated)
            } catch {
                errors.append(error.code)
            }
        }
    }

    @Test(
        "fault 37: nobody at the port: the error is told once, and the socket lives on",
        .bug(id: "udp-port-unreachable"),
        arguments: EngineKind.allCases
    )
    func portUnreachable(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            // It hears its peer only, so that for others nobody is there. A port that was closed might still be open in a
            // child that another test has just forked.
            let other = try Socket.bound(to: .loopback(port: 0))
            let elsewhere = try Socket.bound(to: .loopback(port: 0))
            _ = try other.connect(to: elsewhere.localAddress())
            let inbox = Inbox()
            let watch = try engine.watch(
                Socket.connecting(to: other.localAddress(), .datagram).intoSocket(),
                for: .readable
            ) { watch, _ in inbox.take(from: watch.socket, upTo: 64) }
            _ = try watch.socket.write([1].span)
            try engine.run(until: { !inbox.errors.isEmpty })
            try engine.runWithoutWaiting()
            #expect(inbox.errors == [.connectionRefused] && inbox.datagrams.isEmpty)

            _ = try other.connect(to: watch.socket.localAddress())
            _ = try other.write([2].span)
            try engine.run(until: { !inbox.datagrams.isEmpty })
            #expect(inbox.datagrams == [[2]])
            watch.close()
        }
        try check(kind.make())
    }

    @Test(
        "fault 38: what is larger than the buffer is said to be cut, and the next is whole",
        .bug(id: "truncated-datagram"),
        arguments: EngineKind.allCases
    )
    func truncation(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let receiver = try Socket.bound(to: .loopback(port: 0))
            let sender = try Socket.connecting(to: receiver.localAddress(), .datagram).intoSocket()
            let inbox = Inbox()
            let watch = try engine.watch(receiver, for: .readable) { watch, _ in
                inbox.take(from: watch.socket, upTo: 2)
            }
            _ = try sender.write([1, 2, 3].span)
            _ = try sender.write([4, 5].span)
            try engine.run(until: { inbox.datagrams.count == 2 })
            #expect(inbox.datagrams == [[1, 2], [4, 5]])
            #expect(inbox.truncated == [true, false])
            watch.close()
        }
        try check(kind.make())
    }

    @Test(
        "a datagram without bytes is a datagram, and the socket lives on",
        .bug(id: "empty-datagram"),
        arguments: EngineKind.allCases
    )
    func empty(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let receiver = try Socket.bound(to: .loopback(port: 0))
            let sender = try Socket.connecting(to: receiver.localAddress(), .datagram).intoSocket()
            let inbox = Inbox()
            var outcomes: [ReadOutcome?] = []
            let watch = try engine.watch(receiver, for: .readable) { watch, _ in
                // Either way of reading, in turns.
                guard outcomes.count == inbox.datagrams.count else { return inbox.take(from: watch.socket, upTo: 64) }
                var bytes = [UInt8](repeating: 0, count: 64)
                var span = bytes.mutableSpan
                outcomes.append(try? watch.socket.read(into: &span))
            }
            for size in [1, 1, 0, 0, 0, 0, 2, 2] { _ = try sender.write([UInt8](repeating: 7, count: size).span) }
            try engine.run(until: { inbox.datagrams.count == 4 })
            try engine.runWithoutWaiting()
            #expect(inbox.datagrams == [[7], [], [], [7, 7]])
            #expect(outcomes == [.bytes(1), .bytes(0), .bytes(0), .bytes(2)])
            watch.close()
        }
        try check(kind.make())
    }
}
