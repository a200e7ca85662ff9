public import Sockets
internal import SystemPackage

/// Accepts connections and hands each to its handler, on the thread of its engine.
///
/// The engine keeps the listener until it is closed. Connections are accepted a budget a turn, so that a burst of them does
/// not starve those that stand; when descriptors run out, see ``Acceptor``.
///
/// The file of a unix socket that the listener has bound is removed when it is closed, unless another file has taken its
/// place.
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
    private var file: SocketFile?
    /// The most connections that can wait.
    private let backlog: Int
    /// Whether the listener closes once it has taken what waits.
    private var isDraining = false
    private var watch: Engine.Watch?
    private var resume: Engine.Registration?
    private var isAccepting = false
    /// Connections closed for want of descriptors.
    public private(set) var shedConnections = 0

    /// Listens on an address and starts to accept.
    ///
    /// `backlog` connections may wait, capped by the kernel; at most `budget` are accepted a turn.
    ///
    /// - Throws: `addressInUse`, `addressNotAvailable`, `permissionDenied`, `outOfRange`, `closed`. A unix socket's file
    ///   that a crash left behind gives `addressInUse` too, unless `options` has `BindOptions.replaceStaleSocket`.
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
        try self.init(on: engine, socket, backlog, isOwn: true, budget, exhaustion, handler)
    }

    /// Accepts from a socket that listens already. The file of a unix socket is left alone.
    ///
    /// - Throws: `invalidArgument` when it does not listen; `outOfRange`, `closed`.
    @discardableResult
    public convenience init(
        on engine: Engine,
        adopting socket: consuming Socket,
        budget: Int = 64,
        whenExhausted exhaustion: Acceptor.Exhaustion = .shed,
        _ handler: @escaping Handler
    ) throws(IOError) {
        try self.init(on: engine, socket, 65_535, isOwn: false, budget, exhaustion, handler)
    }

    private init(
        on engine: Engine,
        _ socket: consuming Socket,
        _ backlog: Int,
        isOwn: Bool,
        _ budget: Int,
        _ exhaustion: Acceptor.Exhaustion,
        _ handler: @escaping Handler
    ) throws(IOError) {
        self.backlog = backlog
        file = isOwn ? SocketFile(of: socket) : nil
        address = try socket.localAddress()
        turns = try AcceptTurns(on: socket, budget: budget, whenExhausted: exhaustion)
        self.engine = engine
        self.handler = handler
        // The engine keeps the watch, and the watch keeps the listener.
        watch = try engine.watch(socket, for: .readable) { [self] watch, _ in accept(from: watch) }
        isAccepting = true
    }

    /// What to do with a failure to accept, and with errors that the handler throws. Failures that last are reported each
    /// time that accepting pauses, at most four times a second. A socket that accepts nothing any more, such as one that was
    /// shut down, is reported once, and the listener is closed.
    public func onError(_ handler: @escaping (IOError) -> Void) {
        guard watch != nil else { return }
        // What the old one holds may call the listener when it is released, so that comes last.
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

    /// Hands the connections that wait to the handler, all in this call, and stops listening.
    ///
    /// Clients whose connections the kernel has completed before the call are served this way. Those that come later are
    /// refused, and the kernel resets the few that it completes in between. Connections that cannot be
    /// accepted because no descriptor is free are reset too. Inside the handler the call returns at once, and the rest follows in the same turn.
    public func acceptRemainingAndClose() {
        guard let watch else { return }
        isDraining = true
        file = nil
        // Else a turn is under way, and goes on to the end.
        if turns != nil { accept(from: watch) }
    }

    /// Stops listening at once. Connections that stand are not touched. A second call does nothing.
    ///
    /// The kernel resets the connections that still wait to be accepted, unless another process listens on the same socket;
    /// ``acceptRemainingAndClose()`` serves them first. A client whose connect races with the close may also be left with a
    /// connection that has no other end, so clients need a time limit for their reads.
    public func close() {
        (isAccepting, isDraining) = (false, false)
        endPause()
        file = nil
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
        var left = AcceptTurns.mostWaiting(backlog: backlog)
        let goesOn = { [self] in isDraining ? left > 0 && isOpen(watch) : isAccepting && isOpen(watch) }
        let take = { [self] (accepted: consuming AcceptedSocket) in
            left -= 1
            let peer = accepted.peer
            do {
                try handler(accepted.intoSocket(), peer)
            } catch {
                errorHandler?(IOError(thrownByHandler: error))
            }
        }
        var outcome = turns.accept(from: watch.socket, while: goesOn, take)
        while isDraining, left > 0, isOpen(watch), outcome.leavesMore {
            if case .shed(let count) = outcome {
                left -= count
                reportShed(count)
            }
            outcome = turns.accept(from: watch.socket, while: goesOn, take)
        }
        guard self.watch != nil, isOpen(watch) else { return }
        self.turns = consume turns
        respond(to: outcome)
        if isDraining { close() }
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
        case .shed(let count): reportShed(count)
        case .pause(let delay, let error):
            errorHandler?(error)
            pause(for: delay)
        case .failed(let error):
            let errorHandler = errorHandler
            close()
            errorHandler?(error)
        }
    }

    private func reportShed(_ count: Int) {
        shedConnections += count
        errorHandler?(IOError("accept4", errno: .tooManyOpenFiles, detail: "\(count) connections were closed"))
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

extension Acceptor.Outcome {
    /// Whether the next turn may find connections.
    fileprivate var leavesMore: Bool {
        switch self {
        case .budgetSpent, .shed: true
        case .drained, .pause, .failed: false
        }
    }
}
