internal import CLinux
internal import Glibc
internal import Readiness
internal import Sockets
internal import SystemPackage

/// The real descriptors of a script.
///
/// Thread rule: a world belongs to one thread.
final class World {
    /// One open descriptor.
    final class Place {
        private var owner: Descriptor?
        let fileDescriptor: FileDescriptor
        let kind: DescriptorKind

        init(_ descriptor: consuming Descriptor, _ kind: DescriptorKind) {
            fileDescriptor = descriptor.fileDescriptor
            owner = consume descriptor
            self.kind = kind
        }

        var number: CInt { fileDescriptor.rawValue }

        /// Tells the multiplexers, and closes.
        func close() {
            owner.take()?.close()
        }

        /// Closes without the multiplexers' knowledge, as code does that knows nothing of them.
        func closeUntold() {
            guard let number = owner.take()?.release() else { return }
            _ = clinux_close(number.rawValue)
        }
    }

    private var places: [DescriptorID: Place] = [:]
    /// In the order of their making, for looking.
    private(set) var names: [DescriptorID] = []
    private var requests: [pollfd] = []

    /// Bound and not listening: a port where every connect is refused.
    private let deadPort: Socket
    private let deadAddress: SocketAddress
    /// A port of UDP that takes nothing, for its owner is connected to itself: a socket at any other port may be given to the
    /// script.
    private let unanswered: Socket
    private let unansweredAddress: SocketAddress
    /// Where pairs are made.
    private let listener: Socket
    private let listenerAddress: SocketAddress
    private let listenerIPv6: Socket
    private let addressIPv6: SocketAddress

    /// Seconds that the kernel may take over what an operation does.
    private let patience: Double

    init(patience: Double) throws(IOError) {
        self.patience = patience
        deadPort = try Socket.bound(to: .loopback(port: 0), .stream)
        deadAddress = try deadPort.localAddress()
        unanswered = try Socket.bound(to: .loopback(port: 0))
        unansweredAddress = try unanswered.localAddress()
        _ = try unanswered.connect(to: unansweredAddress)
        listener = try Self.listen(.tcpListener)
        listenerAddress = try listener.localAddress()
        listenerIPv6 = try Self.listen(.tcpIPv6Listener)
        addressIPv6 = try listenerIPv6.localAddress()
    }

    /// Whether the loopback interface knows IPv6; else what should be of it is of IPv4.
    static let hasIPv6 = (try? Socket.bound(to: .loopbackIPv6(port: 0))) != nil

    deinit {
        // Without TIME_WAIT, of which a long check would leave more than there are ports.
        for (id, place) in places {
            if place.kind.isTCP { setLinger(id) }
            place.close()
        }
    }

    func place(_ id: DescriptorID) -> Place? { places[id] }

    private func number(_ id: DescriptorID) -> CInt { places[id]?.number ?? -1 }

    private func add(_ id: DescriptorID, _ descriptor: consuming Descriptor, _ kind: DescriptorKind) {
        places[id] = Place(descriptor, kind)
        names.append(id)
    }

    // MARK: Looking

    /// What `poll(2)` says of every descriptor at this moment, in the order of ``names``.
    func look(into answers: inout [ReadyEvents]) throws(IOError) {
        let asked = CShort(bitPattern: Interest([.readable, .writable, .priority, .peerClosed]).rawValue)
        requests.removeAll(keepingCapacity: true)
        for id in names { requests.append(pollfd(fd: number(id), events: asked, revents: 0)) }
        let result = unsafe requests.withUnsafeMutableBufferPointer { requests in
            unsafe clinux_ppoll(requests.baseAddress, UInt(requests.count), 0)
        }
        if result != -EINTR { try check("poll", result) }
        answers.removeAll(keepingCapacity: true)
        for request in requests { answers.append(ReadyEvents(rawValue: UInt16(bitPattern: request.revents))) }
    }

    /// Whether everything that a TCP socket has sent is acknowledged, for which the reader is not given 40 ms.
    func hasArrived(from sender: DescriptorID, to reader: DescriptorID?) -> Bool {
        if clinux_tcp_unacknowledged(number(sender)) == 0 { return true }
        if let reader { acknowledgeAtOnce(reader) }
        return clinux_tcp_unacknowledged(number(sender)) == 0
    }

    private func acknowledgeAtOnce(_ reader: DescriptorID) {
        TCPTuning.set(TCP_QUICKACK, 1, of: number(reader))
    }

    // MARK: Doing

    /// Does what the model has allowed.
    ///
    /// - Parameters:
    ///   - expected: the bytes that a drained TCP socket will have got at last.
    ///   - otherEnd: of a TCP socket that is filled.
    /// - Throws: what keeps a descriptor from being made.
    func perform(
        _ operation: Operation,
        expecting expected: Int,
        otherEnd: DescriptorID?
    ) throws(IOError) -> Outcome {
        switch operation {
        case .make(let kind, let first, let second): try make(kind, first, second)
        case .close(let id): close(id)
        case .closeUntold(let id): closeUntold(id)
        case .reset(let id):
            setLinger(id)
            close(id)
        case .connect(let id, let listener):
            try connect(id, kind(listener).connection ?? .tcp, to: address(of: listener))
        case .connectInVain(let id): try connect(id, .tcp, to: deadAddress)
        case .accept(let id, let listener): try accept(id, kind(listener).connection ?? .tcp, from: number(listener))
        case .duplicate(let id, let copy): try duplicate(id, as: copy)
        case .replace(let id, let kind, let first, let second): try replace(id, kind, first, second)
        default: return performOnOpen(operation, expecting: expected, otherEnd: otherEnd)
        }
        return Outcome()
    }

    private func performOnOpen(_ operation: Operation, expecting expected: Int, otherEnd: DescriptorID?) -> Outcome {
        switch operation {
        case .write(let id, let count): write(id, count)
        case .read(let id, let count): read(id, count)
        case .drain(let id): drain(id, expecting: expected)
        case .fill(let id): fill(id, reader: otherEnd)
        case .shutDown(let id, let half): shutDown(id, half)
        case .sendOutOfBand(let id): sendOutOfBand(id)
        case .receiveOutOfBand(let id): receiveOutOfBand(id)
        case .takeOutOfBandInline(let id): takeOutOfBandInline(id)
        case .takeError(let id): takeError(id)
        default: Outcome()
        }
    }

    // MARK: Opening and closing

    private func make(_ kind: DescriptorKind, _ first: DescriptorID, _ second: DescriptorID?) throws(IOError) {
        switch kind {
        case .tcp, .tcpIPv6: try makeTCPPair(kind, first, second)
        case .tcpUnconnected: add(first, try Socket(.ipv4, .stream).intoDescriptor(), kind)
        case .tcpListener, .tcpIPv6Listener, .unixListener:
            add(first, try Self.listen(kind).intoDescriptor(), kind)
        case .unixStream: try makeUnixPair(.stream, kind, first, second)
        case .unixDatagram: try makeUnixPair(.datagram, kind, first, second)
        case .unixSequentialPackets: try makeUnixPair(.sequentialPackets, kind, first, second)
        case .pipe: try makePipe(first, second)
        case .counter: add(first, Descriptor(number: try checked("eventfd", clinux_eventfd(0))), kind)
        case .udp: try makeUDPPair(first, second)
        case .udpUnanswered:
            let socket = try Socket(.ipv4, .datagram)
            _ = try socket.connect(to: unansweredAddress)
            add(first, socket.intoDescriptor(), kind)
        case .file: add(first, Descriptor(number: try checked("open", clinux_open_null())), kind)
        }
    }

    /// Where a listener of that kind listens; the kernel chooses the rest.
    private static func address(_ kind: DescriptorKind) -> SocketAddress {
        switch kind {
        case .unixListener: .unnamedUnix
        case .tcpIPv6Listener where hasIPv6: .loopbackIPv6(port: 0)
        default: .loopback(port: 0)
        }
    }

    private static func listen(_ kind: DescriptorKind) throws(IOError) -> Socket {
        let socket = try Socket.listening(on: address(kind), backlog: 16)
        // Connections take it over.
        if kind != .unixListener { TCPTuning.apply(to: socket.fileDescriptor.rawValue) }
        return socket
    }

    private func makeTCPPair(
        _ kind: DescriptorKind,
        _ first: DescriptorID,
        _ second: DescriptorID?
    ) throws(IOError) {
        guard let second else { return }
        let isIPv6 = kind == .tcpIPv6
        try connect(first, kind, to: isIPv6 ? addressIPv6 : listenerAddress)
        let door = isIPv6 ? listenerIPv6.fileDescriptor : listener.fileDescriptor
        try accept(second, kind, from: door.rawValue)
    }

    private func makeUnixPair(
        _ socketKind: SocketKind,
        _ kind: DescriptorKind,
        _ first: DescriptorID,
        _ second: DescriptorID?
    ) throws(IOError) {
        guard let second else { return }
        let pair = try Socket.pair(socketKind)
        pair.split { one, other in
            add(first, one.intoDescriptor(), kind)
            add(second, other.intoDescriptor(), kind)
        }
    }

    private func makePipe(_ first: DescriptorID, _ second: DescriptorID?) throws(IOError) {
        guard let second else { return }
        var numbers: [CInt] = [-1, -1]
        let result = unsafe numbers.withUnsafeMutableBufferPointer { unsafe clinux_pipe($0.baseAddress) }
        try check("pipe2", result)
        add(first, Descriptor(number: numbers[0]), .pipe)
        add(second, Descriptor(number: numbers[1]), .pipe)
    }

    private func makeUDPPair(_ first: DescriptorID, _ second: DescriptorID?) throws(IOError) {
        guard let second else { return }
        let one = try Socket.bound(to: .loopback(port: 0))
        let other = try Socket.bound(to: .loopback(port: 0))
        _ = try one.connect(to: other.localAddress())
        _ = try other.connect(to: one.localAddress())
        add(first, one.intoDescriptor(), .udp)
        add(second, other.intoDescriptor(), .udp)
    }

    private func address(of listener: DescriptorID) throws(IOError) -> SocketAddress {
        let place = places[listener]
        return try FileDescriptorSocket(fileDescriptor: place?.fileDescriptor ?? FileDescriptor(rawValue: -1))
            .localAddress()
    }

    private func connect(_ id: DescriptorID, _ kind: DescriptorKind, to address: SocketAddress) throws(IOError) {
        let socket = try Socket(address.family, .stream)
        if kind.isTCP { TCPTuning.apply(to: socket.fileDescriptor.rawValue) }
        _ = try socket.connect(to: address)
        add(id, socket.intoDescriptor(), kind)
    }

    private func accept(_ id: DescriptorID, _ kind: DescriptorKind, from listener: CInt) throws(IOError) {
        var deadline = Deadline(after: patience)
        while true {
            if let accepted = try FileDescriptorSocket(fileDescriptor: FileDescriptor(rawValue: listener)).accept() {
                return add(id, accepted.intoSocket().intoDescriptor(), kind)
            }
            guard deadline.rest() else { throw IOError("accept4", .timedOut, detail: deadline.account) }
        }
    }

    private func duplicate(_ id: DescriptorID, as copy: DescriptorID) throws(IOError) {
        guard let place = places[id] else { return }
        add(copy, Descriptor(number: try checked("fcntl", clinux_duplicate(place.number, 0))), place.kind)
    }

    private func close(_ id: DescriptorID) {
        places.removeValue(forKey: id)?.close()
        names.removeAll { $0 == id }
    }

    private func closeUntold(_ id: DescriptorID) {
        places.removeValue(forKey: id)?.closeUntold()
        names.removeAll { $0 == id }
    }

    /// The new descriptor is opened first, then moved to the number as soon as that is free.
    private func replace(
        _ id: DescriptorID,
        _ kind: DescriptorKind,
        _ first: DescriptorID,
        _ second: DescriptorID?
    ) throws(IOError) {
        try make(kind, first, second)
        guard let new = places[first] else { return }
        let wanted = number(id)
        close(id)
        let moved = Descriptor(number: try checked("fcntl", clinux_duplicate(new.number, wanted)))
        new.close()
        places[first] = Place(moved, kind)
    }

    private func setLinger(_ id: DescriptorID) {
        var value = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        _ = unsafe clinux_setsockopt(number(id), SOL_SOCKET, SO_LINGER, &value, size)
    }

    private func takeOutOfBandInline(_ id: DescriptorID) -> Outcome {
        TCPTuning.set(SO_OOBINLINE, 1, of: number(id), level: SOL_SOCKET)
        return Outcome()
    }

    private func takeError(_ id: DescriptorID) -> Outcome {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        _ = unsafe clinux_getsockopt(number(id), SOL_SOCKET, SO_ERROR, &value, &length)
        return Outcome()
    }

    // MARK: Reading and writing

    private static let chunk = 4096
    /// As large as TCP's segments can be. The kernel gives a reader's memory away by the largest segment it has seen; small
    /// ones that follow take more than they hold, find none left, are dropped, and come again when a timer says so, which
    /// doubles its time each time.
    private var largestChunk: Int { buffer.count }
    private var buffer = [UInt8](repeating: 0x6c, count: 1 << 16)

    private func kind(_ id: DescriptorID) -> DescriptorKind { places[id]?.kind ?? .file }

    private func writeOnce(_ id: DescriptorID, _ count: Int) -> Int {
        let number = number(id)
        switch kind(id) {
        case .counter: return writeCounter(number, UInt64(count))
        case .pipe: return unsafe buffer.withUnsafeBytes { unsafe clinux_write(number, $0.baseAddress, count) }
        default: return unsafe buffer.withUnsafeBytes { unsafe clinux_send_quietly(number, $0.baseAddress, count) }
        }
    }

    private func writeCounter(_ number: CInt, _ count: UInt64) -> Int {
        var value = count
        return unsafe clinux_write(number, &value, 8)
    }

    private func write(_ id: DescriptorID, _ count: Int) -> Outcome {
        Outcome(writeOnce(id, count))
    }

    private func fill(_ id: DescriptorID, reader: DescriptorID?) -> Outcome {
        let number = number(id)
        if kind(id) == .counter {
            _ = clinux_eventfd_take(number)
            return Outcome(writeCounter(number, FileModel.largestCount))
        }
        var outcome = Outcome()
        let countsMessages = [.unixDatagram, .unixSequentialPackets].contains(kind(id))
        let isTCP = kind(id).isTCP
        var deadline = Deadline(after: patience)
        while outcome.error == nil {
            let isAtRest = !isTCP || isAtRest(id, reader)
            let result = writeOnce(id, isTCP ? largestChunk : Self.chunk)
            if result > 0 { outcome.count += countsMessages ? 1 : result }
            if result < 0 { outcome.error = Errno(rawValue: CInt(-result)) }
            if isAtRest || outcome.error != .resourceTemporarilyUnavailable { continue }
            guard deadline.rest() else {
                outcome.isSettled = false
                outcome.wait = deadline.account
                break
            }
            outcome.error = nil
        }
        return outcome
    }

    /// Whether nothing that TCP has sent is under way, which makes room when it is acknowledged. Only who finds no room after
    /// that has filled the buffer to the brim, so that it stays unwritable when the sender probes a small window with what
    /// fits it, up to a segment, as it does after 0.2 s.
    private func isAtRest(_ writer: DescriptorID, _ reader: DescriptorID?) -> Bool {
        if let reader { acknowledgeAtOnce(reader) }
        return clinux_tcp_in_flight(number(writer)) == 0
    }

    private func readOnce(_ id: DescriptorID, _ count: Int) -> Int {
        let number = number(id)
        return unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe clinux_read(number, bytes.baseAddress, min(count, bytes.count))
        }
    }

    private func read(_ id: DescriptorID, _ count: Int) -> Outcome {
        // A counter is read as a whole.
        Outcome(readOnce(id, max(count, kind(id) == .counter ? 8 : 1)))
    }

    private func drain(_ id: DescriptorID, expecting expected: Int) -> Outcome {
        var outcome = Outcome()
        let countsMessages = [.unixDatagram, .unixSequentialPackets, .udp, .udpUnanswered].contains(kind(id))
        var deadline = Deadline(after: patience)
        while true {
            let result = readOnce(id, buffer.count)
            if result > 0 {
                outcome.count += countsMessages ? 1 : result
            } else if result == -Int(EAGAIN) || result == 0, outcome.count < expected, deadline.rest() {
                // On their way; a socket that has shut its reading half gives 0 meanwhile.
                continue
            } else {
                if result < 0, result != -Int(EAGAIN) { outcome.error = Errno(rawValue: CInt(-result)) }
                outcome.isSettled = outcome.count >= expected
                outcome.wait = outcome.isSettled ? "" : deadline.account
                return outcome
            }
        }
    }

    private func shutDown(_ id: DescriptorID, _ half: Half) -> Outcome {
        let how =
            switch half {
            case .reading: SHUT_RD
            case .writing: SHUT_WR
            case .both: SHUT_RDWR
            }
        _ = clinux_shutdown(number(id), CInt(how))
        return Outcome()
    }

    private func sendOutOfBand(_ id: DescriptorID) -> Outcome {
        var byte: UInt8 = 0x21
        return Outcome(unsafe clinux_send(number(id), &byte, 1, CInt(MSG_OOB) | CInt(MSG_NOSIGNAL)))
    }

    private func receiveOutOfBand(_ id: DescriptorID) -> Outcome {
        var byte: UInt8 = 0
        return Outcome(unsafe clinux_recv(number(id), &byte, 1, CInt(MSG_OOB)))
    }
}

/// A descriptor that somebody else owns, asked as a socket.
private struct FileDescriptorSocket: SocketHandle {
    let fileDescriptor: FileDescriptor
}
