public import Sockets
internal import SystemPackage

/// Accepts connections and hands each to its handler, on the thread of its engine.
///
/// The engine keeps the listener until it is closed. Connections are accepted a budget a turn, so that a burst of them does
/// not starve those that stand; when descriptors run out, see ``Acceptor``.
public final class Listener<Engine: EventEngine> {
    /// Called with the connection and the address of its peer, which is `nil` for a family that this package does not
    /// know. An error that it throws goes to the error handler; the connection is then closed.
    public typealias Handler = (consuming Socket, SocketAddress?) throws -> Void

    /// The address that is listened on, with the port that the kernel chose where 0 was asked for.
    public let address: SocketAddress

    private unowned let engine: Engine
    /// Let go of when the listener is closed, so that it may hold its own listener.
    private var handler: Handler?
    private var errorHandler: ((IOError) -> Void)?
    private var turns: AcceptTurns?
    private var watch: Engine.Watch?
    private var resume: Engine.Registration?
    private var isAccepting = false
    /// Connections closed for want of descriptors.
    public private(set) var shedConnections = 0

    /// Listens on an address and starts to accept.
    ///
    /// `backlog` connections may wait, capped by the kernel; at most `budget` are accepted a turn.
    ///
    /// - Throws: `addressInUse`, `addressNotAvailable`, `permissionDenied`, `outOfRange`, `closed`.
    @discardableResult
    public convenience init(
        on engine: Engine,
        address: SocketAddress,
        backlog: Int = 4096,
        options: BindOptions = .reuseAddress,
        budget: Int = 64,
        whenExhausted exhaustion: Acceptor.Exhaustion = .shed,
        _ handler: @escaping Handler
    ) throws(IOError) {
        let socket = try Socket.listening(on: address, backlog: backlog, options: options)
        try self.init(on: engine, adopting: socket, budget: budget, whenExhausted: exhaustion, handler)
    }

    /// Accepts from a socket that listens already.
    ///
    /// - Throws: `invalidArgument` when it does not listen; `outOfRange`, `closed`.
    @discardableResult
    public init(
        on engine: Engine,
        adopting socket: consuming Socket,
        budget: Int = 64,
        whenExhausted exhaustion: Acceptor.Exhaustion = .shed,
        _ handler: @escaping Handler
    ) throws(IOError) {
        address = try socket.localAddress()
        turns = try AcceptTurns(on: socket, budget: budget, whenExhausted: exhaustion)
        self.engine = engine
        self.handler = handler
        // The engine keeps the watch, and the watch keeps the listener.
        watch = try engine.watch(socket, for: .readable) { [self] watch, _ in accept(from: watch) }
        isAccepting = true
    }

    /// What to do with a failure to accept, and with errors that the handler throws. Failures that last are reported each
    /// time that accepting pauses, at most four times a second.
    public func onError(_ handler: @escaping (IOError) -> Void) {
        // What the old one holds may call the listener when it is let go of, so that comes last.
        withExtendedLifetime(errorHandler) { errorHandler = handler }
    }

    /// Accepts again after ``disable()``.
    ///
    /// - Throws: `closed`.
    public func enable() throws(IOError) {
        guard let watch else { throw IOError("Listener", .closed, detail: "the listener was closed") }
        try watch.setInterest(.readable)
        isAccepting = true
    }

    /// Lets connections wait in the backlog for the time being.
    public func disable() {
        isAccepting = false
        endPause()
        // Stopping fails only on an engine that has gone.
        try? watch?.setInterest([])
    }

    /// Stops listening. Connections that stand are not touched. A second call does nothing.
    public func close() {
        isAccepting = false
        endPause()
        watch.take()?.close()
        turns = nil
        // What they hold may close the listener again when it is let go of, so that comes last.
        withExtendedLifetime((handler, errorHandler)) {
            handler = nil
            errorHandler = nil
        }
    }

    private func accept(from watch: Engine.Watch) {
        // Out of its place while handlers run: one of them may close the listener.
        guard let handler, var turns = turns.take() else { return }
        let outcome = turns.accept(from: watch.socket, while: { isAccepting && isOpen(watch) }) { accepted in
            let peer = accepted.peer
            do {
                try handler(accepted.intoSocket(), peer)
            } catch {
                errorHandler?(IOError(thrownByHandler: error))
            }
        }
        guard self.watch != nil, isOpen(watch) else { return }
        self.turns = consume turns
        respond(to: outcome)
    }

    /// A handler may have ended the engine: the number of the socket is anybody's then.
    private func isOpen(_ watch: Engine.Watch) -> Bool {
        watch.socket.fileDescriptor.rawValue >= 0
    }

    private func respond(to outcome: Acceptor.Outcome) {
        switch outcome {
        case .drained, .budgetSpent:
            // Level-triggered: what still waits is reported again in the next turn.
            break
        case .shed(let count):
            shedConnections += count
            errorHandler?(IOError("accept4", errno: .tooManyOpenFiles, detail: "\(count) connections were closed"))
        case .pause(let delay, let error):
            errorHandler?(error)
            pause(for: delay)
        }
    }

    private func pause(for delay: Duration) {
        guard isAccepting, let watch else { return }
        do throws(IOError) {
            try watch.setInterest([])
            resume = try engine.schedule(after: delay) { [self] _ in resumeAccepting() }
        } catch {
            errorHandler?(error)
        }
    }

    private func endPause() {
        resume.take()?.cancel()
    }

    private func resumeAccepting() {
        endPause()
        guard isAccepting else { return }
        do throws(IOError) {
            try watch?.setInterest(.readable)
        } catch {
            errorHandler?(error)
        }
    }
}
