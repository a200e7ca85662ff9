internal import CLinux
internal import Glibc
internal import Sockets
internal import SystemPackage

/// Messages over many connections, on one thread and the kernel's epoll alone: nothing that is compared is part of the
/// measuring.
@safe
public final class LoadGenerator {
    private struct Connection {
        let descriptor: CInt
        /// Bytes that were sent and that came back, since it was made.
        var sent = 0, received = 0
        /// Bytes that may have been sent by now: whole messages.
        var allowed = 0
        /// The messages that had come back when the run began.
        var before = 0
    }

    private static let readSize = 64 * 1024

    private let plan: LoadPlan
    private let epoll: Descriptor
    private let pattern: LoadPattern
    private var connections: [Connection] = []
    /// The connections on which messages go.
    private let active: [Int]
    private var buffer = [UInt8](repeating: 0, count: readSize)
    /// Two rounds of messages: when the time is over sooner, a machine that is busy elsewhere has not let them through.
    private var fewest: Int { 2 * active.count * plan.depth }
    /// When the last messages of each connection began, each at its number modulo the depth; nanoseconds.
    private var starts: [Int64]
    private var events: [epoll_event]

    // Of the run.
    private var meter: LoadMeter
    private var isMeasuring = false
    private var limit = Int.max
    private var started = 0
    private var underWay = 0
    private var end = Int64.max
    private var firstDue: Int64 = 0
    private var result: Sample?

    /// Makes all connections of a plan.
    public init(_ plan: LoadPlan) throws(ComparisonFailure) {
        self.plan = plan
        epoll = try ComparisonFailure.wrapping { () throws(IOError) in
            let number = try checked("epoll_create1", clinux_epoll_create())
            return Descriptor(adopting: FileDescriptor(rawValue: number))
        }
        pattern = LoadPattern(window: max(Self.readSize, min(plan.size * plan.depth, 1 << 20)))
        active = (0..<plan.active).map { $0 * (plan.connections / plan.active) }
        starts = [Int64](repeating: 0, count: plan.connections * plan.depth)
        unsafe events = [epoll_event](repeating: epoll_event(), count: min(plan.connections, 512))
        meter = try LoadMeter(server: nil)
        for index in 0..<plan.connections { try connect(index) }
    }

    deinit {
        for connection in connections { _ = clinux_close(connection.descriptor) }
    }

    private func connect(_ index: Int) throws(ComparisonFailure) {
        let socket = try ComparisonFailure.wrapping { () throws(IOError) in
            let socket = try connectedSocket(to: plan.address, within: .silence)
            try socket.set(.noDelay, to: true)
            return socket
        }
        let descriptor = socket.release().rawValue
        connections.append(Connection(descriptor: descriptor))
        // Edges: one registration lasts, and each arrival of bytes or of room is told once.
        let events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        let result = clinux_epoll_ctl(
            epoll.fileDescriptor.rawValue,
            EPOLL_CTL_ADD,
            descriptor,
            events,
            UInt64(index)
        )
        guard result == 0 else { throw ComparisonFailure(IOError("epoll_ctl", errno: Errno(rawValue: -result))) }
    }

    /// Sends and waits until all has come back; what comes back after the end of the time is not counted.
    public func run(_ amount: LoadPlan.Amount) throws(ComparisonFailure) -> Sample {
        for index in connections.indices { connections[index].before = connections[index].received / plan.size }
        (started, underWay, limit, end, result) = (0, 0, .max, .max, nil)
        meter = try LoadMeter(server: plan.server)
        isMeasuring = true
        firstDue = clinux_monotonic_now()
        switch amount {
        case .messages(let count): limit = count
        case .time(let duration): end = firstDue + duration.wholeNanoseconds
        }
        if plan.rate == nil { try fill() }
        try loop()
        guard let result else { throw ComparisonFailure("nothing was measured") }
        return result
    }

    /// Shuts our half of every connection and waits until the server has closed the other, one after another, so that chance
    /// has no say in how many of them end at once: then it has done all that there was for it to do.
    public func hangUp() throws(ComparisonFailure) {
        for connection in connections {
            let deadline = Deadline(after: .silence)
            _ = clinux_shutdown(connection.descriptor, CInt(SHUT_WR))
            var request = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
            repeat {
                let ready = unsafe clinux_poll(&request, 1, deadline.milliseconds)
                guard ready > 0 else { throw ComparisonFailure("the server does not close what its client has ended") }
            } while receive(connection.descriptor) > 0
        }
    }

    private func receive(_ descriptor: CInt) -> Int {
        unsafe buffer.withUnsafeMutableBytes { unsafe clinux_recv(descriptor, $0.baseAddress, $0.count, 0) }
    }

    private func loop() throws(ComparisonFailure) {
        var quietUntil = Deadline(after: .silence)
        while isMeasuring || underWay > 0 {
            if plan.rate != nil, isMeasuring { try sendWhatIsDue() }
            guard isMeasuring || underWay > 0 else { return }
            // At a fixed rate it spins: a sleep would be late.
            let patience = plan.rate == nil || !isMeasuring ? quietUntil.milliseconds : 0
            let count = unsafe events.withUnsafeMutableBufferPointer {
                unsafe clinux_epoll_wait(epoll.fileDescriptor.rawValue, $0.baseAddress, CInt($0.count), patience)
            }
            guard count > 0 else {
                guard !quietUntil.hasPassed else {
                    throw ComparisonFailure("the server has been silent for \(Duration.silence)")
                }
                continue
            }
            for number in 0..<Int(count) {
                try unsafe advance(Int(events[number].data.u64), events[number].events)
            }
            quietUntil = Deadline(after: .silence)
        }
    }

    private func advance(_ index: Int, _ events: UInt32) throws(ComparisonFailure) {
        if events & ~EPOLLOUT.rawValue != 0 { try receive(index) }
        if events & EPOLLOUT.rawValue != 0 { try send(index) }
    }

    // MARK: Starting messages

    private func fill() throws(ComparisonFailure) {
        let now = clinux_monotonic_now()
        for index in active {
            for _ in 0..<plan.depth { start(index, now) }
        }
        for index in active { try send(index) }
    }

    private func sendWhatIsDue() throws(ComparisonFailure) {
        let now = clinux_monotonic_now()
        if now >= end && meter.count > 0 { return try stopMeasuring() }
        while started < limit, due(started) <= now {
            let index = active[started % active.count]
            start(index, now)
            try send(index)
        }
    }

    /// When a message of the run is to be sent; nanoseconds.
    private func due(_ number: Int) -> Int64 {
        firstDue + Int64(number) * 1_000_000_000 / Int64(plan.rate ?? 1)
    }

    private func start(_ index: Int, _ now: Int64) {
        guard isMeasuring, started < limit else { return }
        started += 1
        underWay += 1
        starts[index * plan.depth + connections[index].allowed / plan.size % plan.depth] = now
        connections[index].allowed += plan.size
    }

    /// When a message of a connection began, or was to begin; nanoseconds.
    private func beginning(of message: Int, on index: Int) -> Int64 {
        guard plan.rate != nil else { return starts[index * plan.depth + message % plan.depth] }
        let place = index / max(1, plan.connections / plan.active)
        return due((message - connections[index].before) * active.count + place)
    }

    // MARK: Sending and receiving

    private func send(_ index: Int) throws(ComparisonFailure) {
        while connections[index].sent < connections[index].allowed {
            let connection = connections[index]
            let count = min(connection.allowed - connection.sent, pattern.window)
            let result = unsafe pattern.withBytes(at: connection.sent, of: index) {
                unsafe clinux_send(connection.descriptor, $0, count, CInt(MSG_NOSIGNAL))
            }
            guard let result, result != -Int(EAGAIN) else { return }
            guard result >= 0 else { throw ComparisonFailure(IOError("send", errno: Errno(rawValue: CInt(-result)))) }
            connections[index].sent += result
        }
    }

    private func receive(_ index: Int) throws(ComparisonFailure) {
        var result = 0
        repeat {
            result = unsafe buffer.withUnsafeMutableBytes {
                unsafe clinux_recv(connections[index].descriptor, $0.baseAddress, $0.count, 0)
            }
            guard result != -Int(EAGAIN) else { return }
            guard result >= 0 else { throw ComparisonFailure(IOError("recv", errno: Errno(rawValue: CInt(-result)))) }
            guard result > 0 else { throw ComparisonFailure("the server closed a connection") }
            try take(result, index)
        } while result == Self.readSize
    }

    private func take(_ count: Int, _ index: Int) throws(ComparisonFailure) {
        let connection = connections[index]
        guard connection.received + count <= connection.sent,
            pattern.matches(buffer, count: count, at: connection.received, of: index)
        else { throw ComparisonFailure("the server sent back other bytes than it got") }
        connections[index].received += count
        let complete = connection.received / plan.size..<(connection.received + count) / plan.size
        guard !complete.isEmpty else { return }
        let now = clinux_monotonic_now()
        for message in complete { try finish(message, index, now) }
        try send(index)
    }

    private func finish(_ message: Int, _ index: Int, _ now: Int64) throws(ComparisonFailure) {
        underWay -= 1
        guard isMeasuring else { return }
        meter.record(delay: now - beginning(of: message, on: index))
        if now >= end && meter.count >= fewest || meter.count == limit { return try stopMeasuring() }
        if plan.rate == nil { start(index, now) }
    }

    private func stopMeasuring() throws(ComparisonFailure) {
        isMeasuring = false
        result = try meter.sample()
    }
}
