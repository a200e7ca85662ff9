import Sockets
import Synchronization
import SystemPackage
import Testing

/// On blocking sockets, since only a call that waits can be interrupted: a thousand signals a second, whose handler does
/// not ask for system calls to be restarted.
@Suite("Calls that a signal interrupts", .serialized)
struct InterruptionTests {
    private static let rounds = 50

    @Test("fault 7: read waits on", .bug(id: "interrupted-by-a-signal"))
    func read() throws {
        let before = Pesterer.handled.load(ordering: .relaxed)
        try Socket.pair().split { (first, second) throws in
            try first.setBlocking(true)
            let descriptor = second.fileDescriptor
            let pesterer = Pesterer(until: Self.rounds) {
                _ = try? SocketView(fileDescriptor: descriptor).write([1, 2, 3])
            }
            let (outcome, bytes) = try first.readOnce()
            pesterer.stop()
            #expect(outcome == .bytes(3) && bytes == [1, 2, 3])
            #expect(Pesterer.handled.load(ordering: .relaxed) > before)
            second.close()
        }
    }

    @Test("fault 7: write waits on", .bug(id: "interrupted-by-a-signal"))
    func write() throws {
        try Socket.pair().split { (first, second) throws in
            let filled = try first.fill()
            try first.setBlocking(true)
            let descriptor = second.fileDescriptor
            let pesterer = Pesterer(until: Self.rounds) {
                var left = filled
                while left > 0, let bytes = try? SocketView(fileDescriptor: descriptor).readOnce().bytes {
                    left -= bytes.count
                }
            }
            let outcome = try first.write([9])
            pesterer.stop()
            #expect(outcome == .bytes(1))
            second.close()
        }
    }

    @Test("fault 7: accept waits on", .bug(id: "interrupted-by-a-signal"))
    func accept() throws {
        let listener = try Socket.listening(on: .loopback(port: 0))
        let address = try listener.localAddress()
        try listener.setBlocking(true)
        let client = try Socket(.ipv4)
        let descriptor = client.fileDescriptor
        let pesterer = Pesterer(until: Self.rounds) {
            _ = try? SocketView(fileDescriptor: descriptor).connect(to: address)
        }
        let isAccepted = try listener.accept() != nil
        pesterer.stop()
        #expect(isAccepted)
        client.close()
    }

    @Test("receiving a datagram waits on")
    func receive() throws {
        let receiver = try Socket.bound(to: .loopback(port: 0))
        let address = try receiver.localAddress()
        try receiver.setBlocking(true)
        let sender = try Socket(.ipv4, .datagram)
        let descriptor = sender.fileDescriptor
        let pesterer = Pesterer(until: Self.rounds) {
            _ = try? SocketView(fileDescriptor: descriptor).send([5].span, to: address)
        }
        let bytes = try receiver.receiveOne().bytes
        pesterer.stop()
        #expect(bytes == [5])
        sender.close()
    }
}

/// A socket that another thread owns, and keeps open.
private struct SocketView: SocketHandle {
    let fileDescriptor: FileDescriptor
}
