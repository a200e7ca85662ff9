internal import CLinux
public import Readiness
public import Sockets

/// A loop on one of the kernel's multiplexers: it waits for descriptors, timers and signals and calls back on the thread
/// that runs it. It is to ``Epoll``, ``Poll`` and ``Select`` what `EventBase` is to libevent.
///
/// A turn collects what is ready, at most 256 events, and calls back for each; then for the timers that are due, in the
/// order of their deadlines. What a callback adds waits for the next turn, so nothing starves.
///
/// A reactor belongs to whoever holds it until it runs, then to the thread that runs it: a call from another thread traps.
/// ``poster()`` is the way in from other threads. It owns what it watches; when it goes away, or is closed, everything on it
/// is closed. A child process that was forked cannot run it.
@safe
public final class Reactor<Mux: Multiplexer & ~Copyable>: EventEngine {
    // Used in every turn. They belong to the loop's thread, and no access to one spans a callback.
    @safe @exclusivity(unchecked) var multiplexer: Mux
    @safe @exclusivity(unchecked) private var batch: EventBatch
    @safe @exclusivity(unchecked) var timers = TimerQueue<Registration>()
    @safe @exclusivity(unchecked) private var breakIsDue = false
    @safe @exclusivity(unchecked) private var stopIsDue = false
    /// What a turn begins with.
    @safe @exclusivity(unchecked) private var firstPhase = ReactorPhase.events
    @safe @exclusivity(unchecked) private var graveyard: [any ReactorMember] = []
    @safe @exclusivity(unchecked) var turnEnd: ReactorTurnEnd?

    private let thread = LoopThread()
    private let forks: UInt32
    private var isInTurn = false
    private(set) var isClosed = false

    /// The watches that are not closed: their addresses are the tokens of their registrations.
    var watches: [Watch] = []
    /// How many watches of the user's could call back.
    var armedCount = 0
    /// Watches of files that the multiplexer does not take, because they are always ready.
    var alwaysReady: [Watch] = []
    var signals = SignalSubscribers<Registration>()
    private var currentPoster: Poster<Reactor>?

    /// A loop on a multiplexer, which it owns from here on.
    ///
    /// - Throws: `noMemory`.
    public init(_ multiplexer: consuming Mux) throws(IOError) {
        clinux_count_forks()
        forks = clinux_forks()
        batch = try EventBatch(capacity: 256)
        self.multiplexer = multiplexer
    }

    deinit {
        closeEverything()
    }

    /// What the multiplexer can do, and every kind of file besides: one that epoll refuses is always ready.
    public var capabilities: Capabilities { multiplexer.capabilities.union(.anyFile) }

    /// Ends the reactor: nothing calls back any more, what is on it is closed, and what it holds is let go of.
    ///
    /// Needed only where a handler holds the reactor that holds the handler; otherwise the end of the reactor does it. Inside
    /// a callback the run ends after that callback.
    public func close() {
        checkThread()
        breakLoop()
        closeEverything()
    }

    private func closeEverything() {
        guard !isClosed else { return }
        isClosed = true
        currentPoster?.close()
        for watch in watches.reversed() { watch.end() }
        while let registration = timers.popDue(.distantFuture) { registration.end() }
        for registration in signals.removeAll() { registration.end() }
        turnEnd?.cancel()
        currentPoster = nil
    }

    @inline(__always)
    func checkThread() {
        thread.check("a Reactor")
    }

    func checkOpen(_ operation: @autoclosure () -> IOError.Operation) throws(IOError) {
        checkThread()
        guard !isClosed else { throw IOError(operation(), .closed, detail: "the reactor was closed") }
    }

    // MARK: Running

    /// Runs callbacks on this thread until the mode or a call to ``stop()`` or ``breakLoop()`` ends it, and says why it
    /// ended.
    ///
    /// - Throws: `alreadyRunning` from inside a callback or while another thread runs the reactor; `forked`; `closed`.
    @specialized(where Mux == Epoll)
    @specialized(where Mux == Poll)
    @specialized(where Mux == Select)
    @discardableResult
    public func run(_ mode: RunMode = .untilStopped) throws(IOError) -> RunOutcome {
        guard !isClosed else { throw IOError("Reactor.run", .closed, detail: "the reactor was closed") }
        guard forks == clinux_forks() else {
            throw IOError("Reactor.run", .forked, detail: "the reactor belongs to the parent process; make a new one")
        }
        guard thread.begin() else {
            throw IOError("Reactor.run", .alreadyRunning, detail: "a run cannot be nested; stop the current one first")
        }
        defer { thread.end() }
        while true {
            if let outcome = takeOutcome() { return outcome }
            if hasNothingToDo(in: mode) { return .idle }
            try turn(mayWait: mode != .withoutWaiting)
            guard mode == .once || mode == .withoutWaiting else { continue }
            return takeOutcome() ?? .turned
        }
    }

    /// What a stop or a break asked for, once.
    private func takeOutcome() -> RunOutcome? {
        guard breakIsDue || stopIsDue else { return nil }
        defer { (breakIsDue, stopIsDue) = (false, false) }
        return breakIsDue ? .broken : .stopped
    }

    private func hasNothingToDo(in mode: RunMode) -> Bool {
        guard armedCount == 0, timers.isEmpty, signals.isEmpty else { return false }
        switch mode {
        case .untilStopped: return false
        case .untilIdle: return true
        // A post may come.
        case .once, .withoutWaiting: return currentPoster == nil
        }
    }

    private func turn(mayWait: Bool) throws(IOError) {
        try collect(mayWait: mayWait)
        isInTurn = true
        var phase = firstPhase
        repeat {
            switch phase {
            case .events: while !breakIsDue, let event = batch.next() { Watch.called(by: event.token, event.events) }
            case .signals: if !signals.noneIsDue { callSignals() }
            case .files: if !alwaysReady.isEmpty { callAlwaysReady() }
            case .timers: if !timers.isEmpty { callTimers() }
            }
            phase = phase.next
        } while phase != firstPhase && !breakIsDue
        // After a break the others come first, so that whoever breaks off each turn keeps nobody from theirs.
        firstPhase = breakIsDue ? phase : .events
        if let turnEnd, turnEnd.isDue { turnEnd.call() }
        isInTurn = false
        if !graveyard.isEmpty { bury() }
    }

    /// Waits until there is something to call back for, if nothing is due already.
    private func collect(mayWait: Bool) throws(IOError) {
        // What a break has left and was closed since is nothing to call back for.
        if !batch.isEmpty { batch.dropStale() }
        guard mayWait, signals.noneIsDue, !alwaysReady.contains(where: \.isDue) else {
            try multiplexer.wait(into: &batch, upTo: .zero)
            return
        }
        while try multiplexer.wait(into: &batch, until: timers.nextDeadline) == 0 {
            if timers.isDue(.now) { return }
        }
    }

    private func callTimers() {
        let now = MonotonicInstant.now
        while !breakIsDue, let timer = timers.popDue(now) { timer.timeHasCome(now) }
    }

    private func callSignals() {
        while !breakIsDue, let registration = signals.nextDue() { registration.call() }
    }

    private func callAlwaysReady() {
        // What a callback adds or closes is no part of this round.
        for watch in alwaysReady where watch.isDue && !breakIsDue {
            watch.fireAlwaysReady()
            if breakIsDue { moveToEnd(watch) }
        }
    }

    /// After a break the other files come first.
    private func moveToEnd(_ watch: Watch) {
        guard let place = alwaysReady.firstIndex(where: { $0 === watch }) else { return }
        alwaysReady.append(alwaysReady.remove(at: place))
    }

    /// Ends the run when the callbacks that are due now have run; called before a run, that run returns at once.
    public func stop() {
        checkThread()
        stopIsDue = true
    }

    /// Ends the run after the current callback; what else is due waits for the next run. Called before a run, that run
    /// returns at once.
    public func breakLoop() {
        checkThread()
        breakIsDue = true
    }

    // MARK: Other threads

    /// The way in from other threads; the same object each time.
    ///
    /// - Throws: `noDescriptors`; `outOfRange` where the multiplexer does not take the number; `closed`.
    public func poster() throws(IOError) -> Poster<Reactor> {
        try checkOpen("Reactor.poster")
        if let currentPoster { return currentPoster }
        let new = try Poster<Reactor>()
        try watchInternally(new.fileDescriptor) { [unowned self, unowned new] _, _ in
            new.run(on: self, while: { !breakIsDue })
        }
        currentPoster = new
        return new
    }

    // MARK: What callbacks leave behind

    /// Lets a member drop its handler when no callback runs any more, for it may be the one that is called.
    func retire(_ member: any ReactorMember) {
        guard isInTurn else { return member.dropHandler() }
        graveyard.append(member)
    }

    /// What is dropped can run code of the user's, which can close more.
    private func bury() {
        while let member = graveyard.popLast() { member.dropHandler() }
    }
}
