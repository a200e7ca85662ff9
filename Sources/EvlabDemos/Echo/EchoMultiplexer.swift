internal import Multiplexing
public import Readiness
public import Sockets

/// Echoes on bare epoll, without a loop or a callback in between, until SIGINT or SIGTERM comes.
///
/// Then it stops accepting and goes on until its peers have gone, for at most `grace`; a second signal ends it at once.
///
/// - Parameters:
///   - listener: a socket that listens.
///   - trigger: how connections are watched. The listener and the signals are always watched level-triggered.
///   - grace: how long clients may stay after the first signal.
///   - whenReady: called when clients can connect and signals are heeded.
/// - Throws: `invalidArgument` for a socket that does not listen, `noDescriptors` when there are none left to start with.
public func serveEcho(
    onMultiplexer listener: consuming Socket,
    trigger: Trigger,
    grace: Duration = .seconds(2),
    whenReady: () -> Void = {}
) throws(IOError) -> EchoTotals {
    var server = try EchoMultiplexer(listener, trigger, grace)
    whenReady()
    return try server.run()
}

/// The loop that a user of a multiplexer writes: wait, look at each event's token, do the work, adjust the interest.
struct EchoMultiplexer: ~Copyable {
    // The tokens of connections count up from 0.
    private static let listenerToken = Token(rawValue: .max)
    private static let signalsToken = Token(rawValue: .max - 1)

    private let epoll: Epoll
    private let signals: SignalMailbox
    private var connections = TokenTable<Connection>()
    private var totals = EchoTotals()

    private let trigger: Trigger
    private let grace: Duration
    private let isOneShot: Bool
    /// What a connection is watched for while it takes everything back.
    private let whileReading: Interest

    /// `nil` once a signal has come.
    private var acceptor: Acceptor?
    /// When to accept again, while the process or the system has no descriptors left.
    private var pausedUntil: MonotonicInstant?
    /// When connections are given up, once a signal has come.
    private var drainedUntil: MonotonicInstant?
    private var isInterrupted = false

    init(_ listener: consuming Socket, _ trigger: Trigger, _ grace: Duration) throws(IOError) {
        let epoll = try Epoll()
        let signals = try SignalMailbox()
        try signals.subscribe(to: .interrupt)
        try signals.subscribe(to: .terminate)
        try epoll.add(signals.fileDescriptor, for: .readable, token: Self.signalsToken)
        let acceptor = try Acceptor(on: listener)
        try epoll.add(acceptor.socket, for: .readable, token: Self.listenerToken)

        self.epoll = epoll
        self.signals = signals
        self.acceptor = consume acceptor
        self.trigger = trigger
        self.grace = grace
        isOneShot = trigger.isOneShot
        // Reading until the buffer is not filled saves the read that would find nothing. But an edge comes only once, and
        // a read also ends early before out-of-band data and before the end of the stream: so be told of those. Under the
        // other triggers a socket is reported again for as long as anything is left.
        whileReading = trigger == .edge ? [.readable, .peerClosed, .priority] : .readable
    }

    mutating func run() throws(IOError) -> EchoTotals {
        var ready = try EventBatch()
        // One buffer for all: what is read is written at once, and only what does not fit is kept with its connection.
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while !isFinished {
            try epoll.wait(into: &ready, until: pausedUntil ?? drainedUntil)
            try handle(&ready, &buffer)
            try resumeAccepting()
        }
        return totals
    }

    private mutating func handle(_ ready: inout EventBatch, _ buffer: inout [UInt8]) throws(IOError) {
        var buffer = buffer.mutableSpan
        while let event = ready.next() {
            switch event.token {
            case Self.listenerToken: try accept()
            case Self.signalsToken: stop()
            default: serve(event, &buffer)
            }
        }
    }

    // MARK: Connections

    private mutating func open(_ socket: consuming Socket) {
        let token = connections.insert(Connection(socket))
        let isWatched = connections.withState(of: token) { connection in
            connection.isWatched(by: epoll, for: whileReading, trigger, token)
        }
        guard isWatched == true else {
            connections.remove(token)
            return
        }
        totals.connections += 1
    }

    @inline(__always)
    private mutating func serve(_ event: EventBatch.Event, _ buffer: inout MutableSpan<UInt8>) {
        let next = connections.withState(of: event.token) { connection in
            connection.turn(event.events, &buffer, &totals.bytes)
        }
        if next != .asBefore || isOneShot { adjust(event.token, next ?? .close) }
    }

    /// Makes sure that the next event of a connection comes, or closes it.
    @inline(never)
    private mutating func adjust(_ token: Token, _ next: EchoConnection.Next) {
        let isWatched = connections.withState(of: token) { connection in
            switch next {
            case .asBefore: connection.isRearmed(in: epoll, for: nil)
            case .read: connection.isRearmed(in: epoll, for: whileReading)
            case .write: connection.isRearmed(in: epoll, for: .writable)
            case .close: false
            }
        }
        // Closing a socket removes it from the multiplexer too.
        if isWatched == false { connections.remove(token) }
    }

    // MARK: Accepting

    /// Takes what waits, but not more than the acceptor's budget, so that connections are served in between: being
    /// watched level-triggered, the listener is reported again.
    private mutating func accept() throws(IOError) {
        // Taken out, because each connection it accepts changes the rest of the server.
        guard var acceptor = acceptor.take() else { return }
        let outcome = acceptor.accept { open($0.intoSocket()) }
        switch outcome {
        case .drained, .budgetSpent:
            break
        case .shed(let count):
            totals.shed += count
        case .pause(let duration, because: _):
            // A listener that is readable but cannot accept would end every wait at once.
            try epoll.rearm(acceptor.socket, for: [])
            pausedUntil = .now.advanced(by: duration)
        case .failed(let error):
            throw error
        }
        self.acceptor = consume acceptor
    }

    private mutating func resumeAccepting() throws(IOError) {
        guard let time = pausedUntil, time <= .now, let acceptor = acceptor.take() else { return }
        pausedUntil = nil
        try epoll.rearm(acceptor.socket, for: .readable)
        self.acceptor = consume acceptor
    }

    // MARK: Ending

    private mutating func stop() {
        guard !signals.take().isEmpty else { return }
        isInterrupted = drainedUntil != nil
        drainedUntil = .now.advanced(by: grace)
        pausedUntil = nil
        acceptor = nil
    }

    private var isFinished: Bool {
        guard let drainedUntil else { return false }
        return isInterrupted || connections.isEmpty || drainedUntil <= .now
    }
}
