public import Readiness
public import Sockets
internal import SystemPackage

/// Accepts connections and hands each to its handler, on the base's thread.
///
/// The base keeps the listener until it is closed. Connections are accepted a budget a turn, so that a burst of them does
/// not starve those that stand; when descriptors run out, see `Acceptor`.
public final class ConnectionListener: BaseMember {
    /// Called with the connection and the address of its peer, which is `nil` for a family that this package does not
    /// know. An error that it throws goes to the error handler; the connection is then closed.
    public typealias Handler = (consuming Socket, SocketAddress?) throws -> Void

    /// The address that is listened on, with the port that the kernel chose where 0 was asked for.
    public let address: SocketAddress

    private let core: BaseCore
    /// Let go of when the listener is closed, so that it may hold its own listener.
    private var handler: Handler?
    private var acceptor: Acceptor?
    private var errorHandler: ((IOError) -> Void)?
    private var readable: Event?
    private var resume: Event?
    private var isAccepting = false
    /// Connections closed for want of descriptors.
    public private(set) var shedConnections = 0
    var memberIndex = -1

    /// Listens on an address and starts to accept.
    ///
    /// `backlog` connections may wait, capped by the kernel; at most `budget` are accepted a turn.
    ///
    /// - Throws: `addressInUse`, `addressNotAvailable`, `permissionDenied`, `outOfRange`, `closed`.
    @discardableResult
    public convenience init(
        on base: EventBase,
        address: SocketAddress,
        backlog: Int = 4096,
        options: BindOptions = .reuseAddress,
        budget: Int = 64,
        whenExhausted exhaustion: Acceptor.Exhaustion = .shed,
        _ handler: @escaping Handler
    ) throws(IOError) {
        let socket = try Socket.listening(on: address, backlog: backlog, options: options)
        try self.init(on: base, adopting: socket, budget: budget, whenExhausted: exhaustion, handler)
    }

    /// Accepts from a socket that listens already.
    ///
    /// - Throws: `invalidArgument` when it does not listen; `outOfRange`, `closed`.
    @discardableResult
    public init(
        on base: EventBase,
        adopting socket: consuming Socket,
        budget: Int = 64,
        whenExhausted exhaustion: Acceptor.Exhaustion = .shed,
        _ handler: @escaping Handler
    ) throws(IOError) {
        core = base.core
        self.handler = handler
        address = try socket.localAddress()
        let descriptor = socket.fileDescriptor
        acceptor = try Acceptor(on: socket, budget: budget, whenExhausted: exhaustion)
        readable = try Event(on: base, watching: descriptor, for: .readable) { [unowned self] _, _ in accept() }
        resume = try Event(core, timer: { [unowned self] _, _ in resumeAccepting() })
        try enable()
        core.keep(self)
    }

    deinit {
        // Before the acceptor closes the socket that it watches.
        readable?.close()
        resume?.close()
    }

    /// What to do with a failure to accept, and with errors that the handler throws. Failures that last are reported each
    /// time that accepting pauses, at most four times a second.
    public func onError(_ handler: @escaping (IOError) -> Void) {
        core.checkThread()
        errorHandler = handler
    }

    /// Accepts again after ``disable()``.
    ///
    /// - Throws: `closed`.
    public func enable() throws(IOError) {
        guard let readable else { throw IOError("ConnectionListener", .closed, detail: "the listener was closed") }
        isAccepting = true
        try readable.add()
    }

    /// Lets connections wait in the backlog for the time being.
    public func disable() {
        core.checkThread()
        isAccepting = false
        readable?.remove()
        resume?.remove()
    }

    /// Stops listening. Connections that stand are not touched. A second call does nothing.
    public func close() {
        core.checkThread()
        disable()
        // In this order: no event is left when the descriptor closes.
        readable?.close()
        readable = nil
        resume?.close()
        resume = nil
        acceptor = nil
        errorHandler = nil
        core.retire(self)
        core.forget(self)
    }

    func callbacksAreOver() {
        if readable == nil { handler = nil }
    }

    func baseIsClosing() {
        close()
    }

    private func accept() {
        // Out of its place while handlers run: one of them may close the listener.
        guard let handler, var turn = acceptor.take() else { return }
        let outcome = turn.accept(while: { isAccepting }) { accepted in
            let peer = accepted.peer
            do {
                try handler(accepted.intoSocket(), peer)
            } catch {
                errorHandler?(IOError(thrownByHandler: error))
            }
        }
        guard readable != nil else { return }
        acceptor = consume turn
        respond(to: outcome)
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
        guard isAccepting, let resume else { return }
        readable?.remove()
        do throws(IOError) {
            try resume.add(timeout: delay)
        } catch {
            errorHandler?(error)
        }
    }

    private func resumeAccepting() {
        guard isAccepting else { return }
        do throws(IOError) {
            try readable?.add()
        } catch {
            errorHandler?(error)
        }
    }
}
