import CLinux
import Glibc
import Sockets
import SystemPackage
import Testing

@Suite("Connecting")
struct ConnectTests {
    @Test("a connection, and the addresses of both ends", arguments: Link.allCases)
    func established(_ link: Link) throws {
        let listener = try Socket.listening(on: link.freeAddress, kind: link.kind)
        let address = try listener.localAddress()
        let connecting = try Socket.connecting(to: address, link.kind)
        wait(for: POLLOUT, on: connecting.socket)
        let outcome = try connecting.socket.finishConnecting()
        #expect(outcome == .connected)
        let peer = try connecting.socket.peerAddress()
        #expect(peer == address)
        wait(for: POLLIN, on: listener)
        let from = try listener.accept()?.peer
        let local = try connecting.socket.localAddress()
        #expect(from == local)
        #expect(from?.family == link.freeAddress.family)
    }

    @Test("datagram sockets connect at once")
    func datagram() throws {
        let peer = try Socket.bound(to: .loopback(port: 0))
        let address = try peer.localAddress()
        let connecting = try Socket.connecting(to: address, .datagram)
        #expect(connecting.outcome == .connected)
        let outcome = try connecting.socket.finishConnecting()
        #expect(outcome == .connected)
    }

    @Test("fault 33: refused: the error is told once, then there is no connect under way", arguments: Link.tcp)
    func refused(_ link: Link) throws {
        // Bound but not listening, so that nobody else can take the port.
        let silent = try Socket.bound(to: link.freeAddress, .stream)
        let connecting = try Socket.connecting(to: silent.localAddress())
        #expect(connecting.outcome == .inProgress)
        wait(for: POLLOUT, on: connecting.socket)
        let first = failure { () throws(IOError) in try connecting.socket.finishConnecting() }
        #expect(first?.code == .connectionRefused)
        #expect(first?.errno == .connectionRefused)
        let second = failure { () throws(IOError) in try connecting.socket.finishConnecting() }
        #expect(second?.code == .notConnected)
        let events = wait(for: POLLOUT, on: connecting.socket)
        #expect(events & POLLHUP != 0, "the hang-up stays")
    }

    @Test(
        "a connection to itself is refused, and leaves the port to a listener at once",
        .bug(id: "connect-to-itself"),
        arguments: Link.tcp,
        [true, false]
    )
    func connectedToItself(_ link: Link, _ blocks: Bool) throws {
        let socket = try Socket.bound(to: link.freeAddress, .stream)
        let address = try socket.localAddress()
        if blocks {
            try socket.setBlocking(true)
            let error = failure { () throws(IOError) in try socket.connect(to: address) }
            #expect(error?.code == .connectionRefused)
        } else {
            let outcome = try socket.connect(to: address)
            #expect(outcome == .inProgress)
        }
        wait(for: POLLOUT, on: socket)
        for _ in 0..<2 {
            let error = failure { () throws(IOError) in try socket.finishConnecting() }
            #expect(error?.code == .connectionRefused)
            #expect(error?.detail.hasPrefix("\(address): ") == true)
        }
        socket.close()
        let listener = try Socket.listening(on: address, options: [])
        #expect(try listener.localAddress() == address)
    }

    @Test("a datagram socket whose peer has port 0 has no peer, which is no error")
    func datagramsToNowhere() throws {
        let socket = try Socket(.ipv4, .datagram)
        let outcome = try socket.connect(to: .loopback(port: 0))
        #expect(outcome == .connected)
    }

    @Test("a datagram socket may be connected to itself", arguments: [SocketAddress.loopback(port: 0), .unnamedUnix])
    func datagramsToItself(_ host: SocketAddress) throws {
        let socket = try Socket.bound(to: host)
        let outcome = try socket.connect(to: socket.localAddress())
        #expect(outcome == .connected)
        let finished = try socket.finishConnecting()
        #expect(finished == .connected)
    }

    @Test("a socket that never connected has no connect under way")
    func neverConnected() throws {
        let socket = try Socket(.ipv4)
        #expect(failure { () throws(IOError) in try socket.finishConnecting() }?.code == .notConnected)
        #expect(failure { () throws(IOError) in try socket.peerAddress() }?.code == .notConnected)
        #expect(failure { () throws(IOError) in try socket.shutDown(.both) }?.code == .notConnected)
    }

    @Test("fault 33: unreachable: no TCP leads to a broadcast address")
    func unreachable() {
        let error = failure { () throws(IOError) in
            try Socket.connecting(to: .ipv4(255, 255, 255, 255, port: 9))
        }
        #expect(error?.code == .unreachable)
        #expect(error?.detail == "255.255.255.255:9")
    }

    /// A listener whose backlog is full drops new attempts, as a host that does not answer does.
    private func fullListener() throws -> (listener: FileDescriptor, address: SocketAddress, waiting: FileDescriptor) {
        let listener = try Socket.listening(on: .loopback(port: 0), backlog: 0)
        let address = try listener.localAddress()
        let waiting = try Socket.connecting(to: address).intoSocket()
        wait(for: POLLOUT, on: waiting)
        wait(for: POLLIN, on: listener)
        return (listener.release(), address, waiting.release())
    }

    @Test("fault 33: in progress, then connected once there is room")
    func inProgressThenConnected() throws {
        let (descriptor, address, waiting) = try fullListener()
        let listener = try Socket(adopting: descriptor)
        let connecting = try Socket.connecting(to: address)
        #expect(connecting.outcome == .inProgress)
        let before = try connecting.socket.finishConnecting()
        #expect(before == .inProgress)
        try waiting.close()
        while let accepted = try listener.accept() { accepted.intoSocket().close() }
        wait(for: POLLOUT, on: connecting.socket)
        let after = try connecting.socket.finishConnecting()
        #expect(after == .connected)
    }

    @Test("fault 33: nobody answers: timed out")
    func timedOut() throws {
        let (descriptor, address, waiting) = try fullListener()
        let listener = try Socket(adopting: descriptor)
        let socket = try Socket(.ipv4)
        var attempts: CInt = 1
        let set = unsafe clinux_setsockopt(socket.fileDescriptor.rawValue, CInt(IPPROTO_TCP), TCP_SYNCNT, &attempts, 4)
        try #require(set == 0)
        let outcome = try socket.connect(to: address)
        #expect(outcome == .inProgress)
        wait(for: POLLOUT, on: socket)
        #expect(failure { () throws(IOError) in try socket.finishConnecting() }?.code == .timedOut)
        try waiting.close()
        listener.close()
    }

    @Test("fault 7: a signal during a connect leaves it in progress")
    func interrupted() throws {
        let (descriptor, address, waiting) = try fullListener()
        let listener = try Socket(adopting: descriptor)
        let socket = try Socket(.ipv4)
        try socket.setBlocking(true)
        let pesterer = Pesterer()
        let outcome = try socket.connect(to: address)
        pesterer.stop()
        #expect(outcome == .inProgress)
        try waiting.close()
        while let accepted = try listener.accept() { accepted.intoSocket().close() }
        wait(for: POLLOUT, on: socket)
        let after = try socket.finishConnecting()
        #expect(after == .connected)
    }

    @Test(
        "unix: no such file, a file that nobody listens on, a full backlog, the wrong kind",
        .bug(id: "full-unix-queue")
    )
    func unix() throws {
        let folder = try TemporaryFolder()
        let address = try SocketAddress.unix(path: folder.file("socket"))
        let missing = failure { () throws(IOError) in try Socket.connecting(to: address) }
        #expect(missing?.code == .notFound)
        #expect(missing?.detail == address.description)

        let bound = try Socket.bound(to: address, .stream)
        #expect(failure { () throws(IOError) in try Socket.connecting(to: address) }?.code == .connectionRefused)

        try bound.listen(backlog: 0)
        let waiting = try Socket.connecting(to: address)
        #expect(waiting.outcome == .connected)
        let full = failure { () throws(IOError) in try Socket.connecting(to: address) }
        #expect(full?.code == .busy)
        #expect(full?.errno == .resourceTemporarilyUnavailable)
        #expect(full?.detail == "\(address): the listener's queue is full")

        let wrongKind = failure { () throws(IOError) in try Socket.connecting(to: address, .datagram) }
        #expect(wrongKind?.errno == .protocolWrongTypeForSocket)
    }

    @Test("an address of another family is refused")
    func wrongFamily() throws {
        let socket = try Socket(.ipv4)
        let error = failure { () throws(IOError) in try socket.connect(to: .loopbackIPv6(port: 9)) }
        #expect(error?.code == .unsupported)
    }
}
