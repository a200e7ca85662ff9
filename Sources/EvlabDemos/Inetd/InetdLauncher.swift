internal import Readiness
internal import Sockets

/// Starts one service's program for each connection, within its limits, and waits for their ends.
final class InetdLauncher<Engine: EventEngine> {
    /// A connection that waits for its turn.
    private final class Waiting {
        var socket: Socket?

        init(_ socket: consuming Socket) {
            self.socket = consume socket
        }
    }

    private unowned let engine: Engine
    private unowned let end: GracefulEnd<Engine>
    private let children: InetdChildren<Engine>
    private let program: InetdProgram
    private let complain: (String) -> Void
    private var running: [CInt: ChildWatch<Engine>] = [:]
    private var waiting: [Waiting] = []
    /// When the next one may start, if their number in a second is limited.
    private var nextStart = ContinuousClock.now
    private var alarm: Engine.Registration?
    private var hasComplained = false

    private(set) var ended = 0
    private(set) var refused = 0
    private(set) var failed = 0

    init(
        on engine: Engine,
        end: GracefulEnd<Engine>,
        children: InetdChildren<Engine>,
        _ program: InetdProgram,
        complain: @escaping (String) -> Void
    ) {
        self.engine = engine
        self.end = end
        self.children = children
        self.program = program
        self.complain = complain
    }

    /// Serves a connection now or in its turn, or closes it when too many wait.
    func serve(_ socket: consuming Socket) {
        guard mayStart || waiting.count < program.waiting else {
            refused += 1
            return
        }
        end.connectionOpened()
        waiting.append(Waiting(socket))
        startNext()
    }

    /// No program is started from here on; connections that wait are closed.
    func stopStarting() {
        alarm.take()?.cancel()
        let dropped = waiting
        waiting = []
        refused += dropped.count
        for _ in dropped { end.connectionClosed() }
    }

    /// Ends those that still run.
    func killAll() {
        for child in running.values { child.cancel() }
        running = [:]
    }

    private var mayStart: Bool {
        running.count < program.atOnce && (program.perSecond == nil || ContinuousClock.now >= nextStart)
    }

    private func startNext() {
        while !waiting.isEmpty, mayStart {
            guard let socket = waiting.removeFirst().socket.take() else { continue }
            start(socket)
        }
        waitForNextStart()
    }

    /// One that ends makes room by itself; the passing of time does not.
    private func waitForNextStart() {
        guard !waiting.isEmpty, running.count < program.atOnce, alarm == nil else { return }
        do throws(IOError) {
            let delay = max(.zero, ContinuousClock.now.duration(to: nextStart))
            alarm = try engine.schedule(after: delay) { [unowned self] _ in
                alarm = nil
                startNext()
            }
        } catch {
            stopStarting()
        }
    }

    private func start(_ socket: consuming Socket) {
        do throws(IOError) {
            // Programs do not expect a standard input that would rather fail than wait.
            try socket.setBlocking(true)
            var launch = Program(program.path, program.arguments)
            launch.input = .descriptor(socket.fileDescriptor)
            launch.output = launch.input
            launch.errors = launch.input
            let child = try Child(launch)
            let number = child.number
            running[number] = try engine.watchExit(of: child) { [unowned self] _ in childEnded(number) }
            children.started(number)
            if let perSecond = program.perSecond {
                nextStart = max(nextStart, .now).advanced(by: .seconds(1) / perSecond)
            }
        } catch {
            fail(error)
        }
        // Our copy of the connection is closed here: its end is the program's end.
    }

    private func fail(_ error: IOError) {
        failed += 1
        // Once: what does not start now will not start for the next connection either.
        if !hasComplained { complain("\(program.path) cannot be started: \(error)") }
        hasComplained = true
        end.connectionClosed()
    }

    private func childEnded(_ number: CInt) {
        running[number] = nil
        children.ended(number)
        ended += 1
        startNext()
        end.connectionClosed()
    }
}
