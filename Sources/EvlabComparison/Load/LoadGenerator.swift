internal import CLinux
internal import Glibc
internal import Histogram
internal import Sockets
internal import SystemPackage

/// A closed loop over many connections, on one thread and the kernel's epoll alone: nothing that is compared is part of
/// the measuring.
///
/// Each message is a window into random bytes that moves from one message to the next, and what comes back is compared
/// with it, so that an echo that loses, repeats or mixes up bytes is found out.
public struct LoadGenerator: ~Copyable {
    private struct Connection {
        let descriptor: CInt
        /// Where the current message begins in the pattern.
        var start: Int
        var sent = 0
        var received = 0
        /// When its sending began; nanoseconds.
        var began: Int64 = 0
    }

    private enum Phase {
        case warmUp, measuring, over
    }

    private static let windows = 251
    private static let silence: Duration = .seconds(10)

    private let plan: LoadPlan
    private let epoll: Descriptor
    private let pattern: [UInt8]
    private var connections: [Connection] = []
    private var buffer: [UInt8]
    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 100,
        highestTrackableValue: 60_000_000_000,
        numberOfSignificantValueDigits: .three
    )
    private var phase = Phase.warmUp
    private var phaseEnd: Int64 = .max
    private var started = 0
    private var measuredFrom: Int64 = 0
    private var measuredUntil: Int64 = 0
    private var generatorBefore = 0.0
    private var generatorUsed = 0.0
    private var serverBefore: CPUClock?
    private var serverUsed = (total: 0.0, user: 0.0)

    /// Makes all connections of a plan.
    public static func connected(_ plan: LoadPlan) throws(ComparisonFailure) -> LoadGenerator {
        let epoll = try ComparisonFailure.wrapping { () throws(IOError) in
            let number = try checked("epoll_create1", clinux_epoll_create())
            return Descriptor(adopting: FileDescriptor(rawValue: number))
        }
        var generator = LoadGenerator(plan, epoll: epoll)
        for index in 0..<plan.connections { try generator.connect(index) }
        return generator
    }

    private init(_ plan: LoadPlan, epoll: consuming Descriptor) {
        self.plan = plan
        self.epoll = epoll
        var random = SeededGenerator(seed: 1)
        pattern = random.bytes(plan.size + Self.windows)
        buffer = [UInt8](repeating: 0, count: plan.size)
        connections.reserveCapacity(plan.connections)
    }

    deinit {
        for connection in connections { _ = clinux_close(connection.descriptor) }
    }

    private mutating func connect(_ index: Int) throws(ComparisonFailure) {
        let socket = try ComparisonFailure.wrapping { () throws(IOError) in
            try Self.connectedSocket(to: plan.address)
        }
        let descriptor = socket.release().rawValue
        connections.append(Connection(descriptor: descriptor, start: index * 17 % Self.windows))
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

    private static func connectedSocket(to address: SocketAddress) throws(IOError) -> Socket {
        let connecting = try Socket.connecting(to: address)
        if connecting.outcome == .inProgress {
            var request = pollfd(fd: connecting.socket.fileDescriptor.rawValue, events: Int16(POLLOUT), revents: 0)
            let deadline = Deadline(after: silence)
            while unsafe clinux_poll(&request, 1, deadline.milliseconds) <= 0, !deadline.hasPassed {}
            guard try connecting.socket.finishConnecting() == .connected else {
                throw IOError("connect", .timedOut, detail: "\(address)")
            }
        }
        let socket = connecting.intoSocket()
        try socket.set(.noDelay, to: true)
        return socket
    }

    /// Carries the plan out.
    public mutating func run() throws(ComparisonFailure) -> LoadResult {
        try begin()
        var events = unsafe [epoll_event](repeating: epoll_event(), count: min(plan.connections, 512))
        while phase != .over {
            let count = unsafe events.withUnsafeMutableBufferPointer {
                unsafe clinux_epoll_wait(
                    epoll.fileDescriptor.rawValue,
                    $0.baseAddress,
                    CInt($0.count),
                    CInt(Self.silence.components.seconds * 1000)
                )
            }
            guard count != 0 else { throw ComparisonFailure("the server has been silent for \(Self.silence)") }
            guard count > 0 else { continue }
            for number in 0..<Int(count) where phase != .over {
                try unsafe advance(Int(events[number].data.u64), events[number].events)
            }
        }
        return result
    }

    private mutating func begin() throws(ComparisonFailure) {
        let now = clinux_monotonic_now()
        switch plan.amount {
        case .messages: try startMeasuring(now)
        case .time(_, let warmUp): phaseEnd = now + warmUp.nanoseconds
        }
        for index in connections.indices { try start(index, now) }
    }

    private mutating func advance(_ index: Int, _ events: UInt32) throws(ComparisonFailure) {
        if events & ~EPOLLOUT.rawValue != 0 { try receive(index) }
        if events & EPOLLOUT.rawValue != 0 { try send(index) }
    }

    /// Begins the connection's next message, if there is to be one.
    private mutating func start(_ index: Int, _ now: Int64) throws(ComparisonFailure) {
        if case .messages(let limit) = plan.amount, started == limit { return }
        started += 1
        connections[index].start = (connections[index].start + 29) % Self.windows
        connections[index].sent = 0
        connections[index].received = 0
        connections[index].began = now
        try send(index)
    }

    private mutating func send(_ index: Int) throws(ComparisonFailure) {
        let connection = connections[index]
        let left = plan.size - connection.sent
        guard left > 0, connection.began > 0 else { return }
        let result = unsafe pattern.withUnsafeBytes {
            let first = unsafe $0.baseAddress?.advanced(by: connection.start + connection.sent)
            return unsafe clinux_send(connection.descriptor, first, left, CInt(MSG_NOSIGNAL))
        }
        guard result != -Int(EAGAIN) else { return }
        guard result >= 0 else { throw ComparisonFailure(IOError("send", errno: Errno(rawValue: CInt(-result)))) }
        connections[index].sent += result
    }

    private mutating func receive(_ index: Int) throws(ComparisonFailure) {
        let connection = connections[index]
        let expected = plan.size - connection.received
        let result = unsafe buffer.withUnsafeMutableBytes {
            unsafe clinux_recv(connection.descriptor, $0.baseAddress, max(expected, 1), 0)
        }
        guard result != -Int(EAGAIN) else { return }
        guard result >= 0 else { throw ComparisonFailure(IOError("recv", errno: Errno(rawValue: CInt(-result)))) }
        guard result > 0 else { throw ComparisonFailure("the server closed a connection") }
        guard connection.received + result <= connection.sent, matches(connection, result) else {
            throw ComparisonFailure("the server sent back other bytes than it got")
        }
        connections[index].received += result
        if connection.received + result == plan.size { try complete(index) }
    }

    private func matches(_ connection: Connection, _ count: Int) -> Bool {
        unsafe pattern.withUnsafeBytes { pattern in
            unsafe buffer.withUnsafeBytes { buffer in
                guard let sent = pattern.baseAddress, let received = buffer.baseAddress else { return false }
                return unsafe memcmp(sent + connection.start + connection.received, received, count) == 0
            }
        }
    }

    private mutating func complete(_ index: Int) throws(ComparisonFailure) {
        let now = clinux_monotonic_now()
        if phase == .measuring { histogram.record(UInt64(max(now - connections[index].began, 0))) }
        if now >= phaseEnd || isComplete { try endPhase(now) }
        if phase != .over { try start(index, now) }
    }

    private var isComplete: Bool {
        guard case .messages(let limit) = plan.amount else { return false }
        return histogram.totalCount == UInt64(limit)
    }

    private mutating func endPhase(_ now: Int64) throws(ComparisonFailure) {
        guard phase == .warmUp else { return try stopMeasuring(now) }
        try startMeasuring(now)
    }

    private mutating func startMeasuring(_ now: Int64) throws(ComparisonFailure) {
        if case .time(let duration, _) = plan.amount { phaseEnd = now + duration.nanoseconds }
        phase = .measuring
        measuredFrom = now
        generatorBefore = CPUClock.ours
        serverBefore = try readServerClock()
    }

    private mutating func stopMeasuring(_ now: Int64) throws(ComparisonFailure) {
        phase = .over
        measuredUntil = now
        generatorUsed = CPUClock.ours - generatorBefore
        guard let serverBefore, let after = try readServerClock() else { return }
        serverUsed = after.since(serverBefore)
    }

    private func readServerClock() throws(ComparisonFailure) -> CPUClock? {
        guard let server = plan.server else { return nil }
        guard let clock = CPUClock(of: server) else { throw ComparisonFailure("there is no process \(server)") }
        return clock
    }

    private var result: LoadResult {
        LoadResult(
            messages: Int(histogram.totalCount),
            seconds: Double(measuredUntil - measuredFrom) / 1_000_000_000,
            p50: Int(histogram.valueAtPercentile(50)),
            p90: Int(histogram.valueAtPercentile(90)),
            p99: Int(histogram.valueAtPercentile(99)),
            p999: Int(histogram.valueAtPercentile(99.9)),
            longest: Int(histogram.maxRecorded),
            generatorCPU: generatorUsed,
            serverCPU: serverUsed.total,
            serverUserCPU: serverUsed.user
        )
    }
}

extension Duration {
    /// The duration in whole nanoseconds, at most about 292 years.
    fileprivate var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
