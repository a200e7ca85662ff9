internal import CLinux
internal import Multiplexing
internal import Readiness
internal import Sockets
internal import Synchronization
internal import SystemPackage

/// One loop's share of a server: a listening socket, and the count of the connections that came through it.
///
/// It accepts by the same rules as the listener of Readiness, which hands on one connection at a time: here a task takes
/// all that wait, and makes a child task of each. One without a socket is handed connections by one that has a socket.
///
/// Thread rule: the loop's thread.
final class Listener: @unchecked Sendable {
    // Unchecked: confined to the loop's thread, but for what is `let`.

    let loop: EventLoop
    let limits: StreamLimits
    private let options: ServerOptions
    /// Called when connections wait.
    private var handler: ((Listener) -> Void)?
    /// Until it starts; then the engine owns it.
    private var socket: Socket?
    private var number: CInt
    private var turns: AcceptTurns?
    private var watch: (any SocketWatch)?
    /// Connections that are not closed.
    private(set) var count = 0
    /// Tasks of handlers that have not ended.
    private var handlers = 0
    /// How many were accepted so far, and how many refused for want of descriptors.
    let accepted = Atomic(0)
    let refused = Atomic(0)
    private(set) var isStopped = false
    /// Why it could not start.
    private(set) var failure: IOError?
    private var isPaused = false
    private var acceptingTask: Resumption<Void>?
    private var whenEmpty: [Resumption<Void>] = []
    /// Listeners of other loops, to which connections are handed in turn.
    private var others: [Listener] = []
    private var turn = 0
    /// How many connections the others have from here.
    private var handedOver = 0
    /// Who hands connections to this one.
    private weak var source: Listener?
    /// What came before it could be taken.
    private var arrivals: [Arrival] = []
    var memberIndex = -1
    var timerIndex = -1

    init(_ socket: consuming Socket, on loop: EventLoop, _ options: ServerOptions) throws(IOError) {
        self.loop = loop
        self.options = options
        limits = StreamLimits(options.stream)
        turns = try AcceptTurns(on: socket, budget: options.acceptsPerTurn, whenExhausted: options.whenExhausted)
        number = socket.fileDescriptor.rawValue
        self.socket = consume socket
    }

    /// One that is handed connections.
    private init(on loop: EventLoop, _ options: ServerOptions) {
        self.loop = loop
        self.options = options
        limits = StreamLimits(options.stream)
        number = -1
    }

    /// One listener a loop, of which the first accepts for all.
    static func sharing(
        _ socket: consuming Socket,
        on loops: [EventLoop],
        _ options: ServerOptions
    ) throws(IOError) -> [Listener] {
        let first = try Listener(socket, on: loops[0], options)
        first.others = loops.dropFirst().map { loop in
            let other = Listener(on: loop, options)
            other.source = first
            return other
        }
        return [first] + first.others
    }

    // MARK: Accepting

    /// Starts to accept: `handler` is called when connections wait, and takes them with ``accept(_:)``.
    func start(_ handler: @escaping (Listener) -> Void) throws(IOError) {
        try loop.checkIsGoing()
        guard !isStopped else { return }
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

    /// Takes what waits, a budget at most.
    func accept(_ body: (consuming Socket, SocketAddress?) throws(IOError) -> Void) {
        // Out of its place while connections are opened: one of them may stop the listener.
        guard var turns = turns.take() else { return takeArrivals(body) }
        let socket = SocketReference(FileDescriptor(rawValue: number), of: self)
        let goesOn = { [self] in !isStopped && hasRoom }
        let outcome = turns.accept(from: socket, while: goesOn) { accepted in
            let peer = accepted.peer
            handOver(accepted.intoSocket(), peer, body)
        }
        guard !isStopped else { return }
        self.turns = consume turns
        if !hasRoom { pause() }
        switch outcome {
        case .drained, .budgetSpent: break
        case .shed(let number):
            refused.wrappingAdd(number, ordering: .relaxed)
            let detail = "\(number) connections were refused"
            options.onError?(IOError("accept4", errno: .tooManyOpenFiles, detail: detail))
        case .pause(let delay, because: let error):
            options.onError?(error)
            pause()
            loop.setTimer(self, after: delay)
        }
    }

    private var hasRoom: Bool { count + handedOver < options.mostConnections }

    /// Opens a connection here, or hands it to the loop whose turn it is.
    private func handOver(
        _ socket: consuming Socket,
        _ peer: SocketAddress?,
        _ body: (consuming Socket, SocketAddress?) throws(IOError) -> Void
    ) {
        defer { turn = turn < others.count ? turn + 1 : 0 }
        guard turn > 0 else {
            do throws(IOError) {
                try body(socket, peer)
            } catch {
                options.onError?(error)
            }
            return
        }
        let other = others[turn - 1]
        handedOver += 1
        let arrival = Arrival(number: socket.release().rawValue, peer: peer)
        other.loop.post { other.receive(arrival) }
    }

    /// For a task that accepts: suspends until connections wait.
    ///
    /// - Returns: `false` when the listener is stopped.
    nonisolated(nonsending) func waitForConnections() async -> Bool {
        guard !isStopped else { return false }
        guard arrivals.isEmpty else { return true }
        await suspended { acceptingTask = $0 }
        return !isStopped
    }

    func resumeAcceptingTask() {
        acceptingTask.take()?()
    }

    private func pause() {
        isPaused = true
        setInterest([])
    }

    private func resume() {
        guard isPaused, !isStopped, hasRoom else { return }
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
        guard !isStopped else { return dropArrivals() }
        handler?(self)
    }

    private func takeArrivals(_ body: (consuming Socket, SocketAddress?) throws(IOError) -> Void) {
        let taken = arrivals
        arrivals = []
        for arrival in taken {
            do throws(IOError) {
                try body(Socket(number: arrival.number), arrival.peer)
            } catch {
                giveBack()
                options.onError?(error)
            }
        }
    }

    private func dropArrivals() {
        for arrival in arrivals {
            Socket(number: arrival.number).close()
            giveBack()
        }
        arrivals = []
    }

    /// A connection has ended, which whoever handed it over counts.
    private func giveBack() {
        guard let source else { return }
        source.loop.post { source.takeBack() }
    }

    /// Another loop takes no more connections: those that are left take its share.
    private func lose(_ other: Listener) {
        others.removeAll { $0 === other }
        turn = 0
    }

    private func takeBack() {
        handedOver -= 1
        if isPaused, timerIndex < 0 { resume() }
    }

    // MARK: Connections

    func opened(_ connection: StreamConnection) {
        accepted.wrappingAdd(1, ordering: .relaxed)
        count += 1
    }

    func closed(_ connection: StreamConnection) {
        count -= 1
        giveBack()
        if isPaused, timerIndex < 0 { resume() }
        endIfDone()
    }

    func handlerBegan() {
        handlers += 1
    }

    func handlerEnded() {
        handlers -= 1
        endIfDone()
    }

    private var isEmpty: Bool { count == 0 && handlers == 0 }

    private func endIfDone() {
        if isStopped, isEmpty { becameEmpty() }
    }

    /// Tells of an error that a handler threw.
    func report(_ error: any Error) {
        options.onError?(error)
    }

    // MARK: Ending

    /// Accepts no more; connections that stand go on until the deadline, if there is one. An earlier deadline stays.
    func stop(within limit: Duration?) {
        loop.checkThread()
        stopAccepting()
        guard !isEmpty else { return becameEmpty() }
        guard let limit else { return }
        let deadline = EventLoop.deadline(after: limit)
        if let earlier = loop.timers.deadline(of: self), earlier <= deadline { return }
        loop.setTimer(self, at: deadline)
    }

    private func stopAccepting() {
        guard !isStopped else { return }
        isStopped = true
        watch?.close()
        watch = nil
        socket = nil
        number = -1
        turns = nil
        // Nobody hands them anything any more, and nobody is to hand anything to this one.
        for other in others { other.loop.post { other.stop(within: nil) } }
        others = []
        if let source { source.loop.post { [self] in source.lose(self) } }
        dropArrivals()
        loop.cancelTimer(self)
        handler?(self)
    }

    /// It could not start.
    func fail(_ error: IOError) {
        failure = error
        abort()
    }

    /// Closes every connection and cancels every handler.
    func abort() {
        loop.checkThread()
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
        guard !isStopped || !isEmpty else { return }
        await suspended { whenEmpty.append($0) }
    }
}

extension Listener: LoopMember {
    func loopIsEnding(_ error: IOError) {
        if failure == nil { failure = error }
        stopAccepting()
        endIfDone()
    }
}

extension Listener: TimerNode {
    func timerFired(now: Int64) {
        isStopped ? abort() : resume()
    }
}
