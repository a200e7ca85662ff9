internal import CLinux
internal import Glibc
internal import Readiness
internal import Sockets
internal import SystemPackage

/// Brings sockets into the states that are looked at. Each step waits until the kernel has seen it, by looking, not by time.
enum Stage {
    /// Far more than anything here takes: only a broken machine reaches it.
    private static let patience: Duration = .seconds(30)

    /// Two TCP sockets, connected to each other.
    static func connectedPair() throws(IOError) -> SocketPair {
        let listener = try Socket.listening(on: .loopback(port: 0))
        let first = try Socket.connecting(to: try listener.localAddress()).intoSocket()
        let second = try accept(from: listener)
        try wait(for: .writable, on: first)
        return SocketPair(first: first, second: second)
    }

    /// The next connection, once it is there.
    static func accept(from listener: borrowing Socket) throws(IOError) -> Socket {
        try wait(for: .readable, on: listener)
        guard let accepted = try listener.accept() else { throw IOError("accept4", .timedOut) }
        return accepted.intoSocket()
    }

    /// Waits until one of the events holds.
    static func wait(
        for events: ReadyEvents,
        on holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable
    ) throws(IOError) {
        let deadline = ContinuousClock.now + patience
        var request = pollfd(
            fd: holder.fileDescriptor.rawValue,
            events: CShort(bitPattern: events.rawValue),
            revents: 0
        )
        while ContinuousClock.now < deadline {
            let result = unsafe clinux_poll(&request, 1, 1000)
            guard result >= 0 || result == -EINTR else { throw IOError("poll", errno: Errno(rawValue: -result)) }
            if UInt16(bitPattern: request.revents) & events.rawValue != 0 { return }
        }
        throw IOError("poll", .timedOut, detail: "a socket did not become \(events)")
    }

    /// Writes until nothing fits and nothing is on its way any more, so that no acknowledgement makes room again.
    static func fill(_ socket: borrowing Socket) throws(IOError) {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            while case .bytes = try write(4096, to: socket) {}
            let inFlight = try checked("ioctl", clinux_tcp_in_flight(socket.fileDescriptor.rawValue))
            if inFlight == 0, try write(4096, to: socket) == .wouldBlock { return }
            pause()
        }
        throw IOError("send", .timedOut, detail: "a socket did not fill")
    }

    /// Reads until the other end has room again.
    static func drain(_ reader: borrowing Socket, untilWritable writer: borrowing Socket) throws(IOError) {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            while case .bytes = try read(65_536, from: reader) {}
            if try ReadinessAnswers(of: writer).poll == ["OUT"] { return }
            pause()
        }
        throw IOError("read", .timedOut, detail: "a socket did not become writable")
    }

    /// Lets others run for a moment between two looks; nothing depends on how long.
    private static func pause() {
        _ = clinux_poll(nil, 0, 1)
    }

    static func write(_ count: Int, to socket: borrowing Socket) throws(IOError) -> WriteOutcome {
        try socket.write([UInt8](repeating: UInt8(ascii: "x"), count: count).span)
    }

    static func read(_ count: Int, from socket: borrowing Socket) throws(IOError) -> ReadOutcome {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        return try socket.read(into: &span)
    }

    // MARK: Calls whose results are shown

    static func readResult(_ socket: borrowing Socket) -> String {
        switch Result(catching: { () throws(IOError) in try read(16, from: socket) }) {
        case .success(.bytes(let count)): counted(count, "byte", "bytes")
        case .success(.end): "0 bytes, the end"
        case .success(.wouldBlock): "EAGAIN"
        case .failure(let error): error.errno.map(errnoName) ?? error.description
        }
    }

    static func writeResult(_ count: Int, _ socket: borrowing Socket) -> String {
        switch Result(catching: { () throws(IOError) in try write(count, to: socket) }) {
        case .success(.bytes(let count)): counted(count, "byte", "bytes")
        case .success(.wouldBlock): "EAGAIN"
        case .failure(let error): error.errno.map(errnoName) ?? error.description
        }
    }

    /// What `write(2)` does where nobody asked it to be quiet.
    static func loudWriteResult(_ socket: borrowing Socket) -> String {
        var byte: UInt8 = 0
        var raised = false
        let result = unsafe clinux_write_noting_sigpipe(socket.fileDescriptor.rawValue, &byte, 1, &raised)
        let outcome = result < 0 ? errnoName(Errno(rawValue: CInt(-result))) : counted(result, "byte", "bytes")
        return outcome + (raised ? ", and SIGPIPE" : "")
    }

    static func pendingErrorResult(_ socket: borrowing Socket) -> String {
        outcome { () throws(IOError) in try socket.pendingError().map(errnoName) ?? "0" }
    }

    static func peerResult(_ socket: borrowing Socket) -> String {
        outcome { () throws(IOError) in
            _ = try socket.peerAddress()
            return "the peer's address"
        }
    }

    static func acceptResult(_ listener: borrowing Socket) -> String {
        outcome { () throws(IOError) in try listener.accept() == nil ? "EAGAIN" : "a connection" }
    }

    static func outOfBandResult(_ socket: borrowing Socket) -> String {
        outcome { () throws(IOError) in try socket.receiveOutOfBand().map { quoted([$0].span) } ?? "EAGAIN" }
    }
}
