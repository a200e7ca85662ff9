public import Libevent
public import Readiness
public import Sockets

/// Echo on libevent's plain events: libevent says when, the handler reads and writes itself.
///
/// It serves until SIGINT or SIGTERM, then drains for at most two seconds; a second signal ends it at once. From
/// `whenReady` on, clients can connect and signals are heeded.
///
/// - Parameter trigger: how connections are watched; the listener is always watched level-triggered.
public func serveEcho(
    onEvents base: EventBase,
    listener: consuming Socket,
    trigger: Trigger = .level,
    whenReady: () -> Void = {}
) throws(IOError) -> EchoTotals {
    let server = EventEchoServer(on: base, trigger)
    let listener = try ConnectionListener(on: base, adopting: listener) { socket, _ in
        try server.serve(socket)
    }
    try server.end.onSignal(listener.close)
    defer { server.end.cancel() }
    whenReady()
    try base.run()
    return server.totals(shed: listener.shedConnections)
}

/// What the connections share: they are served one after another on one thread, so one buffer serves them all.
private final class EventEchoServer {
    private unowned let base: EventBase
    private let trigger: Trigger
    /// An edge comes only once, and a read can end early before the end of the stream: nothing less than EAGAIN will do.
    private let readsUntilDry: Bool
    private let isOneShot: Bool
    private let buffer = ReadBuffer()
    let end: GracefulEnd
    private var connections = 0
    // Each turn takes it for its duration, and no turn runs inside another.
    @exclusivity(unchecked) private var echoed = 0

    init(on base: EventBase, _ trigger: Trigger) {
        self.base = base
        self.trigger = trigger
        readsUntilDry = trigger.isEdge
        isOneShot = trigger.isOneShot
        end = GracefulEnd(base)
    }

    func serve(_ socket: consuming Socket) throws(IOError) {
        let connection = Connection()
        try base.watch(socket, for: .readable, trigger: trigger) { [self] event, ready in
            advance(connection, event, ready)
        }
        connections += 1
        end.connectionOpened()
    }

    @inline(__always)
    private func advance(_ connection: Connection, _ event: Event, _ ready: ReadyEvents) {
        let ready = readsUntilDry ? [] : ready
        do throws(IOError) {
            let next = try buffer.lend { (bytes: inout MutableSpan<UInt8>) throws(IOError) in
                unsafe connection.state.turn(on: event.socket, ready, &bytes, &echoed)
            }
            if next != .asBefore || isOneShot { try wait(for: next, event) }
        } catch {
            close(event)
        }
    }

    @inline(never)
    private func wait(for next: EchoConnection.Next, _ event: Event) throws(IOError) {
        switch next {
        case .asBefore:
            try event.setInterest(event.interest)
        case .read:
            try event.setInterest(.readable)
            guard readsUntilDry else { break }
            // What is there already, an edge does not report again. The others come first.
            try event.activate(.readable)
            base.lookAgain()
        case .write:
            try event.setInterest(.writable)
        case .close:
            close(event)
        }
    }

    private func close(_ event: Event) {
        event.close()
        end.connectionClosed()
    }

    func totals(shed: Int) -> EchoTotals {
        var totals = EchoTotals()
        totals.connections = connections
        totals.shed = shed
        totals.bytes = unsafe echoed
        return totals
    }
}

extension EventEchoServer {
    /// Holds the state where the handler of its event can change it.
    fileprivate final class Connection {
        // Only the handler of its event uses it, and that never runs inside itself.
        @exclusivity(unchecked) var state = EchoConnection()
    }
}
