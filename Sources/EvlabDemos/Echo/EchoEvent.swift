public import Libevent
public import Readiness
public import Sockets

/// Echo on libevent's plain events: libevent says when, the handler reads and writes itself.
///
/// It serves until SIGINT or SIGTERM, then drains for at most two seconds; a second signal ends it at once. From
/// `whenReady` on, clients can connect and signals are heeded.
public func serveEcho(
    onEvents base: EventBase,
    listener: consuming Socket,
    trigger: Trigger = .level,
    whenReady: () -> Void = {}
) throws(IOError) -> EchoTotals {
    let server = EventEchoServer(on: base, trigger)
    let listener = try ConnectionListener(on: base, adopting: listener) { socket, _ throws(IOError) in
        try server.serve(socket)
    }
    try server.end.onSignal(listener.close)
    whenReady()
    try base.run()
    server.totals.shed = listener.shedConnections
    return server.totals
}

/// What the connections share: they are served one after another on one thread, so one buffer serves them all.
private final class EventEchoServer {
    private unowned let base: EventBase
    private let trigger: Trigger
    let end: GracefulEnd
    var totals = EchoTotals()
    private let buffer = ReadBuffer()

    /// Reads of one connection a turn, so that a fast one does not starve the others.
    private static let mostReads = 16

    init(on base: EventBase, _ trigger: Trigger) {
        self.base = base
        self.trigger = trigger
        end = GracefulEnd(base)
    }

    func serve(_ socket: consuming Socket) throws(IOError) {
        let connection = EchoConnection()
        try base.watch(socket, for: .readable, trigger: trigger) { [unowned self] event, _ in
            advance(connection, event)
        }
        totals.connections += 1
        end.connectionOpened()
    }

    /// Does what can be done now, and closes the connection when it is over.
    private func advance(_ connection: EchoConnection, _ event: Event) {
        do throws(IOError) {
            try connection.sendUnsent(to: event)
            guard !connection.hasUnsent else { return try event.setInterest(.writable) }
            if try echo(connection, event) { return }
        } catch {
            // The peer has gone; whatever is left cannot be delivered.
        }
        event.close()
        end.connectionClosed()
    }

    /// Whether the connection goes on.
    private func echo(_ connection: EchoConnection, _ event: Event) throws(IOError) -> Bool {
        for _ in 0..<Self.mostReads {
            let outcome = try buffer.read(from: event.socket) { bytes throws(IOError) in
                totals.bytes += bytes.count
                try connection.send(bytes, to: event)
            }
            guard !connection.hasUnsent else { return try wait(for: .writable, event) }
            switch outcome {
            // A buffer that was not filled has emptied the socket, and a level trigger reports what comes later.
            case .bytes(let count) where count < buffer.capacity && trigger == .level:
                return try wait(for: .readable, event)
            case .bytes: continue
            case .wouldBlock: return try wait(for: .readable, event)
            case .end: return false
            }
        }
        // More may wait, which an edge trigger would not report again.
        if trigger != .level { try event.activate(.readable) }
        return try wait(for: .readable, event)
    }

    private func wait(for interest: Interest, _ event: Event) throws(IOError) -> Bool {
        try event.setInterest(interest)
        return true
    }
}

/// What one connection has not got rid of yet: at most one buffer, for nothing is read before it is sent.
private final class EchoConnection {
    private var unsent: [UInt8] = []

    var hasUnsent: Bool { !unsent.isEmpty }

    /// Sends what can be sent and keeps the rest.
    func send(_ bytes: Span<UInt8>, to event: Event) throws(IOError) {
        let count = try write(bytes, to: event)
        guard count < bytes.count else { return }
        unsent = unsafe bytes.extracting(droppingFirst: count).withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Sends what can be sent of what was kept.
    func sendUnsent(to event: Event) throws(IOError) {
        guard hasUnsent else { return }
        let bytes = unsent
        unsent.removeFirst(try write(bytes.span, to: event))
    }

    private func write(_ bytes: Span<UInt8>, to event: Event) throws(IOError) -> Int {
        switch try event.socket.write(bytes) {
        case .bytes(let count): count
        case .wouldBlock: 0
        }
    }
}
