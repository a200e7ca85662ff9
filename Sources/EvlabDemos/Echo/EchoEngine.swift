internal import Libevent
internal import Multiplexing
public import Readiness
public import Sockets

/// Echo on a loop's callbacks: the engine says when, the handler reads and writes itself. One source, compiled for each engine,
/// so that no call goes through a table.
///
/// It serves until SIGINT or SIGTERM, then drains for at most `grace`; a second signal ends it at once. From
/// `whenReady` on, clients can connect and signals are heeded.
///
/// - Parameters:
///   - engine: the loop; it runs until the end.
///   - listener: a socket that listens.
///   - trigger: how connections are watched; the listener is always watched level-triggered.
///   - grace: how long clients may stay after the first signal.
///   - whenReady: called when clients can connect and signals are heeded.
/// - Throws: `invalidArgument` for a socket that does not listen; what the engine throws.
@specialized(where Engine == EventBase)
@specialized(where Engine == Reactor<Epoll>)
@specialized(where Engine == Reactor<Poll>)
@specialized(where Engine == Reactor<Select>)
public func serveEcho<Engine: EventEngine>(
    on engine: Engine,
    listener: consuming Socket,
    trigger: Trigger = .level,
    grace: Duration = .seconds(2),
    whenReady: () -> Void = {}
) throws(IOError) -> EchoTotals {
    try EngineEchoServer.serve(on: engine, listener, trigger, grace, whenReady)
}

/// What the connections share: they are served one after another on one thread, so one buffer serves them all.
private final class EngineEchoServer<Engine: EventEngine> {
    private unowned let engine: Engine
    private let trigger: Trigger
    /// An edge comes only once, and a read can end early before the end of the stream: nothing less than EAGAIN will do.
    private let readsUntilDry: Bool
    private let isOneShot: Bool
    private let buffer = ReadBuffer()
    private let end: GracefulEnd<Engine>
    private var connections = 0
    // Each turn takes it for its duration, and no turn runs inside another.
    @exclusivity(unchecked) private var echoed = 0

    static func serve(
        on engine: Engine,
        _ listener: consuming Socket,
        _ trigger: Trigger,
        _ grace: Duration,
        _ whenReady: () -> Void
    ) throws(IOError) -> EchoTotals {
        let server = EngineEchoServer(on: engine, trigger, grace)
        let listener = try Listener(on: engine, adopting: listener) { socket, _ in try server.serve(socket) }
        try server.end.onSignal(listener.close)
        defer { server.end.cancel() }
        whenReady()
        try engine.run(.untilStopped)
        return server.totals(shed: listener.shedConnections)
    }

    private init(on engine: Engine, _ trigger: Trigger, _ grace: Duration) {
        self.engine = engine
        self.trigger = trigger
        readsUntilDry = trigger.isEdge
        isOneShot = trigger.isOneShot
        end = GracefulEnd(engine, grace: grace)
    }

    private func serve(_ socket: consuming Socket) throws(IOError) {
        let connection = Connection()
        try engine.watch(socket, for: .readable, trigger: trigger) { [self] watch, ready in
            advance(connection, watch, ready)
        }
        connections += 1
        end.connectionOpened()
    }

    @inline(__always)
    private func advance(_ connection: Connection, _ watch: Engine.Watch, _ ready: ReadyEvents) {
        let ready = readsUntilDry ? [] : ready
        do throws(IOError) {
            let next = try buffer.lend { (bytes: inout MutableSpan<UInt8>) throws(IOError) in
                unsafe connection.state.turn(on: watch.socket, ready, &bytes, &echoed)
            }
            if next != .asBefore || isOneShot { try wait(for: next, watch) }
        } catch {
            close(watch)
        }
    }

    @inline(never)
    private func wait(for next: EchoConnection.Next, _ watch: Engine.Watch) throws(IOError) {
        switch next {
        case .asBefore:
            try watch.setInterest(watch.interest)
        case .read:
            try watch.setInterest(.readable)
            // What is there already, an edge does not report again. The others come first.
            if readsUntilDry { try watch.reportAgain() }
        case .write:
            try watch.setInterest(.writable)
        case .close:
            close(watch)
        }
    }

    private func close(_ watch: Engine.Watch) {
        watch.close()
        end.connectionClosed()
    }

    private func totals(shed: Int) -> EchoTotals {
        var totals = EchoTotals()
        totals.connections = connections
        totals.shed = shed
        totals.bytes = unsafe echoed
        return totals
    }
}

extension EngineEchoServer {
    /// Holds the state where the handler of its event can change it.
    fileprivate final class Connection {
        // Only the handler of its event uses it, and that never runs inside itself.
        @exclusivity(unchecked) var state = EchoConnection()
    }
}
