internal import CLinux
internal import Multiplexing
internal import Readiness
internal import Sockets
internal import Synchronization
internal import SystemPackage

/// One loop's share of a server: a listening socket, and the count of the connections that came through it.
///
/// It accepts by the same rules as the listener of Readiness, which hands on one connection at a time: here a task takes
/// all that wait, and makes a task of each. One without a socket is handed connections by one that has a socket.
///
/// When it is to stop it first drains: it accepts what the kernel has completed already, and only then closes its socket.
///
/// Thread rule: the loop's thread.
final class Listener: @unchecked Sendable {
    // Unchecked: confined to the loop's thread, but for what is `let`.

    private enum Phase {
        case accepting
        /// Takes what waits, for the last time.
        case draining
        case stopped
    }

    let loop: EventLoop
    let limits: StreamLimits
    private let options: ServerOptions
    private let admission: Admission
    /// Whether no other process accepts from the socket, so that what waits at the end is this server's to end.
    private let ownsQueue: Bool
    /// Called when connections wait.
    private var handler: ((Listener) -> Void)?
    /// Called when the listener cannot start or go on.
    var onFailure: (() -> Void)?
    /// Until it starts; then the engine owns it.
    private var socket: Socket?
    private var number: CInt
    /// Of a unix socket that this server has bound.
    private var file: SocketFile?
    private var turns: AcceptTurns?
    private var watch: (any SocketWatch)?
    /// Connections that are not closed.
    private(set) var count = 0
    /// Tasks of handlers that have not ended.
    private var handlers = 0
    /// How many were accepted so far, and how many refused for want of descriptors.
    let accepted = Atomic(0)
    let refused = Atomic(0)
    private var phase = Phase.accepting
    /// Whether the server is shutting down; the timer is its limit then.
    private var isEnding = false
    /// Why it could not start, or what ended it.
    private(set) var failure: IOError?
    private var isPaused = false
    private var acceptingTask: Resumption<Void>?
    private var whenEmpty: [Resumption<Void>] = []
    /// Listeners of other loops, to which connections are handed in turn.
    private var others: [Listener] = []
    private var turn = 0
    /// Hands connections to this one.
    private weak var source: Listener?
    /// What came before it could be taken.
    private var arrivals: [Arrival] = []
    var memberIndex = -1
    var timerIndex = -1

    init(
        _ socket: consuming Socket,
        ownsQueue: Bool,
        on loop: EventLoop,
        _ options: ServerOptions,
        _ admission: Admission
    ) throws(IOError) {
        self.loop = loop
        self.options = options
        self.admission = admission
        self.ownsQueue = ownsQueue
        limits = StreamLimits(options.stream)
        number = socket.fileDescriptor.rawValue
        // Before anything fails: the file goes with this.
        if ownsQueue { file = SocketFile(of: socket) }
        turns = try AcceptTurns(on: socket, budget: options.acceptsPerTurn, whenExhausted: options.whenExhausted)
        self.socket = consume socket
    }

    /// One that is handed connections.
    private init(on loop: EventLoop, _ options: ServerOptions, _ admission: Admission) {
        self.loop = loop
        self.options = options
        self.admission = admission
        ownsQueue = false
        limits = StreamLimits(options.stream)
        number = -1
    }

    deinit {
        // Before the socket is closed.
        file = nil
    }

    /// One listener a loop, of which the first accepts for all.
    static func sharing(
        _ socket: consuming Socket,
        ownsQueue: Bool,
        on loops: [EventLoop],
        _ options: ServerOptions,
        _ admission: Admission
    ) throws(IOError) -> [Listener] {
        let first = try Listener(socket, ownsQueue: ownsQueue, on: loops[0], options, admission)
        first.others = loops.dropFirst().map { loop in
            let other = Listener(on: loop, options, admission)
            other.source = first
            return other
        }
        return [first] + first.others
    }

    // MARK: Accepting

    /// Starts to accept: `handler` is called when connections wait, and takes them with ``accept(_:)``.
    func start(_ handler: @escaping (Listener) -> Void) throws(IOError) {
        try loop.checkIsGoing()
        guard phase == .accepting else { return }
        self.handler = handler
        loop.add(self)
        guard let socket = socket.take() else { return handler(self) }
        watch = try loop.seam.watchOther(socket.intoDescriptor()) { [unowned self] in becameReadable() }
    }

    private func becameReadable() {
        loop.enter()
        handler?(self)
        loop.leave()
    }

    /// Takes what waits, a budget at most; all of it when the listener is to stop.
    func accept(_ body: (consuming Socket, SocketAddress?) throws(IOError) -> Void) {
        guard phase != .draining else { return acceptRest(body) }
        // Out of its place while connections are opened: one of them may stop the listener.
        guard var turns = turns.take() else { return takeArrivals(body) }
        let socket = SocketReference(FileDescriptor(rawValue: number), of: self)
        var (hasPlace, isFull) = (false, false)
        let goesOn = { [self] in
            guard phase == .accepting else { return false }
            // The last accept may have taken no connection.
            guard !hasPlace else { return true }
            hasPlace = admission.take()
            isFull = !hasPlace
            return hasPlace
        }
        let outcome = turns.accept(from: socket, while: goesOn) { accepted in
            hasPlace = false
            let peer = accepted.peer
            handOver(accepted.intoSocket(), peer, body)
        }
        if hasPlace { admission.giveBack() }
        guard phase != .stopped else { return }
        self.turns = consume turns
        respond(to: outcome)
        guard isFull, !isPaused else { return }
        pause()
        admission.wait(self)
    }

    private func respond(to outcome: Acceptor.Outcome) {
        switch outcome {
        case .drained, .budgetSpent: break
        case .shed(let number): reportShed(number)
        case .pause(let delay, because: let error):
            options.onError?(error)
            pause()
            loop.setTimer(self, after: delay)
        case .failed(let error):
            setFailure(error)
            stop(within: TCPServer.defaultLimit)
        }
    }

    private func reportShed(_ number: Int) {
        refused.wrappingAdd(number, ordering: .relaxed)
        let detail = "\(number) connections were refused"
        options.onError?(IOError("accept4", errno: .tooManyOpenFiles, detail: detail))
    }

    /// Takes all that waits, and stops. Connections above the limit are accepted and ended.
    private func acceptRest(_ body: (consuming Socket, SocketAddress?) throws(IOError) -> Void) {
        takeArrivals(body)
        if var turns = turns.take() {
            let socket = SocketReference(FileDescriptor(rawValue: number), of: self)
            // A full queue and no more: clients that go on connecting must not keep the server from ending.
            var left = AcceptTurns.mostWaiting(backlog: options.backlog)
            while phase == .draining, left > 0 {
                var hasPlace = false
                let goesOn = { [self] in
                    guard phase == .draining, left > 0 else { return false }
                    if !hasPlace { hasPlace = admission.take() }
                    // What is above the limit waits for another process, where one accepts from the same socket.
                    return hasPlace || ownsQueue
                }
                let outcome = turns.accept(from: socket, while: goesOn) { accepted in
                    left -= 1
                    guard hasPlace else { return endUnserved(accepted.intoSocket()) }
                    hasPlace = false
                    let peer = accepted.peer
                    handOver(accepted.intoSocket(), peer, body)
                }
                if hasPlace { admission.giveBack() } else if !ownsQueue { break }
                if case .budgetSpent = outcome { continue }
                guard case .shed(let number) = outcome else { break }
                left -= number
                reportShed(number)
            }
        }
        stopAccepting()
    }

    private func endUnserved(_ socket: consuming Socket) {
        refused.wrappingAdd(1, ordering: .relaxed)
        socket.closeUnserved()
    }

    /// Opens a connection here, or hands it to the loop whose turn it is.
    private func handOver(
        _ socket: consuming Socket,
        _ peer: SocketAddress?,
        _ body: (consuming Socket, SocketAddress?) throws(IOError) -> Void
    ) {
        defer { turn = turn < others.count ? turn + 1 : 0 }
        guard turn > 0 else {
            return open(socket, peer, body)
        }
        let other = others[turn - 1]
        let arrival = Arrival(number: socket.release().rawValue, peer: peer)
        other.loop.post { other.receive(arrival) }
    }

    /// Opens a connection that has a place.
    private func open(
        _ socket: consuming Socket,
        _ peer: SocketAddress?,
        _ body: (consuming Socket, SocketAddress?) throws(IOError) -> Void
    ) {
        do throws(IOError) {
            try body(socket, peer)
        } catch {
            admission.giveBack()
            options.onError?(error)
        }
    }

    /// For a task that accepts: suspends until connections wait.
    ///
    /// - Returns: `false` when the listener is stopped.
    nonisolated(nonsending) func waitForConnections() async -> Bool {
        guard phase == .accepting, arrivals.isEmpty else { return phase != .stopped }
        await suspended { acceptingTask = $0 }
        return phase != .stopped
    }

    func resumeAcceptingTask() {
        acceptingTask.take()?()
    }

    private func pause() {
        isPaused = true
        setInterest([])
    }

    /// Another connection of the server has ended.
    func placeCameFree() {
        // The timer ends a pause that has another cause.
        if timerIndex < 0 { resume() }
    }

    private func resume() {
        guard isPaused, phase == .accepting else { return }
        isPaused = false
        setInterest(.readable)
    }

    private func setInterest(_ interest: Interest) {
        do throws(IOError) {
            try watch?.setInterest(interest)
        } catch {
            options.onError?(error)
        }
    }

    // MARK: Connections from other loops

    private func receive(_ arrival: Arrival) {
        arrivals.append(arrival)
        guard phase != .stopped else { return dropArrivals() }
        handler?(self)
    }

    private func takeArrivals(_ body: (consuming Socket, SocketAddress?) throws(IOError) -> Void) {
        let taken = arrivals
        arrivals = []
        for arrival in taken { open(Socket(number: arrival.number), arrival.peer, body) }
    }

    private func dropArrivals() {
        for arrival in arrivals {
            endUnserved(Socket(number: arrival.number))
            admission.giveBack()
        }
        arrivals = []
    }

    /// Another loop takes no more connections: those that are left take its share.
    private func lose(_ other: Listener) {
        others.removeAll { $0 === other }
        turn = 0
    }

    // MARK: Connections

    func opened(_ connection: StreamConnection) {
        accepted.wrappingAdd(1, ordering: .relaxed)
        count += 1
    }

    /// All that was left to do for a connection is to wait for its peer's end: it keeps no other from being served.
    func lingers(_ connection: StreamConnection) {
        admission.giveBack()
    }

    func closed(_ connection: StreamConnection, afterLingering: Bool) {
        count -= 1
        if !afterLingering { admission.giveBack() }
        endIfDone()
    }

    func handlerBegan() {
        handlers += 1
    }

    func handlerEnded() {
        handlers -= 1
        endIfDone()
    }

    private var isDone: Bool { phase == .stopped && count == 0 && handlers == 0 }

    private func endIfDone() {
        if isDone { becameEmpty() }
    }

    /// Tells of an error that a handler threw.
    func report(_ error: any Error) {
        options.onError?(error)
    }

    // MARK: Ending

    /// Accepts what waits, and no more; connections that stand go on until the deadline, if there is one. An earlier
    /// deadline stays.
    func stop(within limit: Duration?) {
        loop.checkThread()
        if !isEnding { loop.cancelTimer(self) }
        isEnding = true
        // A listener that is handed connections drains when the one that accepts has: some may be on their way.
        if source == nil { drain() }
        guard !isDone else { return becameEmpty() }
        guard let limit else { return }
        let deadline = EventLoop.deadline(after: limit)
        if let earlier = loop.timers.deadline(of: self), earlier <= deadline { return }
        loop.setTimer(self, at: deadline)
    }

    private func drain() {
        guard phase == .accepting else { return }
        phase = .draining
        // A client that connects from now on learns at once that there is no server.
        file = nil
        // Without a handler nothing that waits can be served.
        handler == nil ? stopAccepting() : handler?(self)
    }

    private func stopAccepting() {
        guard phase != .stopped else { return }
        phase = .stopped
        file = nil
        if ownsQueue { endWaiting() }
        watch?.close()
        watch = nil
        socket = nil
        number = -1
        turns = nil
        admission.forget(self)
        // The others are handed nothing more, and this listener is handed nothing more.
        for other in others { other.loop.post { other.sourceStopped() } }
        others = []
        if let source { source.loop.post { [self] in source.lose(self) } }
        dropArrivals()
        if !isEnding { loop.cancelTimer(self) }
        handler?(self)
        endIfDone()
    }

    /// Ends the connections that wait to be accepted, which a close of the socket would reset.
    private func endWaiting() {
        let socket = SocketReference(FileDescriptor(rawValue: number), of: self)
        // The engine may have closed the socket, and the number be another file's.
        guard self.socket != nil || watch?.socket.fileDescriptor.rawValue == number else { return }
        for _ in 0..<AcceptTurns.mostWaiting(backlog: options.backlog) {
            guard let accepted = try? socket.accept() else { return }
            endUnserved(accepted.intoSocket())
        }
    }

    /// The listener that hands connections to this one has stopped, and all that it handed over has come.
    private func sourceStopped() {
        source = nil
        stop(within: nil)
    }

    /// It could not start, or cannot go on.
    func fail(_ error: IOError) {
        setFailure(error)
        abort()
    }

    private func setFailure(_ error: IOError) {
        failure = error
        options.onError?(error)
        onFailure.take()?()
    }

    /// Closes every connection and cancels every handler.
    func abort() {
        loop.checkThread()
        loop.cancelTimer(self)
        isEnding = true
        stopAccepting()
        loop.endConnections(of: self, because: IOError("TCPServer", .closed, detail: "the server was stopped"))
        endIfDone()
    }

    private func becameEmpty() {
        loop.cancelTimer(self)
        loop.remove(self)
        handler = nil
        let waiting = whenEmpty
        whenEmpty = []
        for resume in waiting { resume() }
    }

    /// Returns when the listener is stopped, its last connection is closed and its last handler has ended.
    nonisolated(nonsending) func waitUntilEmpty() async {
        loop.checkThread()
        guard !isDone else { return }
        await suspended { whenEmpty.append($0) }
    }
}

extension Listener: LoopMember {
    func loopIsEnding(_ error: IOError) {
        if !isEnding { setFailure(error) }
        stopAccepting()
    }
}

extension Listener: TimerNode {
    func timerFired(now: Int64) {
        isEnding ? abort() : resume()
    }
}
