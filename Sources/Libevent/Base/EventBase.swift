internal import CLibevent
internal import CLinux
public import Readiness
public import Sockets
internal import SystemPackage

/// Libevent's loop: it waits for descriptors, timers and signals and calls back on the thread that runs it.
///
/// A base belongs to whoever holds it until it runs, then to the thread that runs it: a call from another thread traps.
/// ``poster()`` is the way in from other threads. When the base goes away, or is closed, so does what was made on it:
/// events are removed, streams and listeners closed, and their later calls throw `closed`.
public final class EventBase {
    let core: BaseCore
    private var currentPoster: Poster<EventBase>?
    private var stopEvent: Event?
    private var stopIsDue = false
    private var breakIsDue = false

    /// A base on the best method that the configuration allows.
    ///
    /// The C function is `event_base_new_with_config`. SIGPIPE is ignored for the process from here on, unless the program
    /// has a handler for it.
    /// - Throws: `unsupported` when no method of this machine fits; `outOfRange` for numbers that make no sense;
    ///   `noDescriptors` when fewer than five are free.
    public init(_ configuration: EventConfiguration = EventConfiguration()) throws(IOError) {
        SigPipe.ignore()
        LibeventLog.install()
        if !configuration.flags.contains(.noLock) { Self.prepareLocks }
        core = try BaseCore(configuration)
        core.owner = self
    }

    /// Uses a base that a C library made, libevent's `struct event_base *`, beside that library.
    ///
    /// It stays the library's: it must outlive this object, is not freed, and is used on one thread only. For timeouts that
    /// libevent starts by itself, see ``updateCachedTime()``.
    /// SIGPIPE is ignored for the process from here on, unless the program has a handler for it.
    public init(unsafeAdopting base: OpaquePointer) {
        SigPipe.ignore()
        core = unsafe BaseCore(adopting: base)
        core.owner = self
    }

    deinit {
        closeCore()
    }

    /// Ends the base: nothing calls back any more, what was made on it is closed, and what it holds is let go of.
    ///
    /// Needed only where a handler holds the base that holds the handler; otherwise the end of the base does it. Inside a
    /// callback the run ends after that callback.
    public func close() {
        core.checkThread()
        breakLoop()
        closeCore()
    }

    private func closeCore() {
        currentPoster?.close()
        core.close()
        // Not before its event is gone, for it closes the descriptor.
        currentPoster = nil
        stopEvent = nil
    }

    /// Locks must be known to libevent before the first base that uses them. The C function is `evthread_use_pthreads`.
    private static let prepareLocks: Void = { _ = evthread_use_pthreads() }()

    // MARK: What it is

    /// Libevent's version. The C function is `event_get_version`.
    public static var libeventVersion: String { unsafe String(cString: event_get_version()) }

    /// The methods that libevent has on this machine. The C function is `event_get_supported_methods`.
    public static let supportedMethods: [String] = {
        // Asked once: each call of the C function frees the list that the one before has given, whichever thread reads it.
        var names: [String] = []
        guard var next = unsafe event_get_supported_methods() else { return names }
        while let name = unsafe next.pointee {
            unsafe names.append(String(cString: name))
            unsafe next += 1
        }
        return names
    }()

    /// The method in use. The C function is `event_base_get_method`.
    public var method: String { core.method }

    /// What the method can do. The C function is `event_base_get_features`.
    public var capabilities: Capabilities { core.capabilities }

    /// How many priorities events can have. The C function is `event_base_get_npriorities`.
    public var priorities: Int { core.configuration.priorities }

    /// For C functions that this package does not wrap. The pointer is libevent's `struct event_base *`; it lives as long
    /// as this object, and must be neither freed nor run.
    public func withUnsafeHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        core.checkThread()
        return unsafe body(core.raw)
    }

    // MARK: Running

    /// Runs callbacks on this thread until the mode or a call to ``stop()`` or ``breakLoop()`` ends it, and says why it
    /// ended. The C function is `event_base_loop`.
    ///
    /// - Throws: `alreadyRunning` from inside a callback or while another thread runs the base; `forked` in a child that
    ///   has not called ``reinitialiseAfterFork()``; `closed`; `busy` inside a closure that is shown a buffer's bytes.
    @discardableResult
    public func run(_ mode: RunMode = .untilStopped) throws(IOError) -> RunOutcome {
        try EventBuffer.checkUnused("event_base_loop")
        try core.beginRun()
        defer { core.endRun() }
        if let early = takeOutcome() { return early }
        var result: CInt
        // Libevent counts our own events too, and frees closed streams after the last callback: so each turn is looked
        // at by itself.
        repeat {
            if mode == .untilIdle, core.isIdle { return .idle }
            result = unsafe event_base_loop(core.raw, mode.loopFlags)
            if let outcome = takeOutcome() { return outcome }
            guard result >= 0 else { throw IOError("event_base_loop", .system, detail: "the wait of \(method) failed") }
        } while mode == .untilIdle && result == 0
        return result > 0 ? .idle : .turned
    }

    /// What a stop or a break asked for, once.
    private func takeOutcome() -> RunOutcome? {
        // A break, or the end of a turn, may have come first: the stop must not end the next run as well.
        if stopIsDue { stopEvent?.remove() }
        defer { (breakIsDue, stopIsDue) = (false, false) }
        if breakIsDue { return .broken }
        return stopIsDue ? .stopped : nil
    }

    /// Ends the run when the callbacks that are due now have run; called before a run, that run returns at once.
    ///
    /// On a base with priorities, less urgent callbacks that are due may be left for the next run, so that a busy urgent
    /// one cannot put the stop off for ever.
    public func stop() {
        core.checkThread()
        stopIsDue = true
        guard core.isRunning else { return }
        do throws(IOError) {
            if stopEvent == nil { stopEvent = try makeStopEvent() }
            try stopEvent?.activate()
        } catch {
            breakLoop()
        }
    }

    private func makeStopEvent() throws(IOError) -> Event {
        let event = try Event(core, onActivation: { event, _ in unsafe event_base_loopbreak(event.core.raw) })
        try event.setPriority(0)
        return event
    }

    /// Ends the run after the current callback; what else is due waits for the next run. Called before a run, that run
    /// returns at once. The C function is `event_base_loopbreak`.
    public func breakLoop() {
        core.checkThread()
        breakIsDue = true
        guard core.isRunning else { return }
        unsafe event_base_loopbreak(core.raw)
    }

    /// Has the loop look for new events after this callback, before the others that are due. The C function is
    /// `event_base_loopcontinue`.
    public func lookAgain() {
        core.checkThread()
        unsafe event_base_loopcontinue(core.raw)
    }

    // MARK: Other threads and processes

    /// The way in from other threads; the same object each time.
    ///
    /// - Throws: `noDescriptors`; `outOfRange` when select is the method and no descriptor below 1,024 is free; `closed`.
    public func poster() throws(IOError) -> Poster<EventBase> {
        core.checkThread()
        if let currentPoster { return currentPoster }
        let new = try Poster<EventBase>()
        try core.watchInternally(new.fileDescriptor) { [unowned self, unowned new] _, _ in
            // A base that C code runs is broken off by C code.
            new.run(on: self, while: { !core.isClosed && !(breakIsDue && core.isRunning) })
        }
        currentPoster = new
        return new
    }

    /// Makes the base usable in a child process. The C function is `event_reinit`.
    ///
    /// Call it first thing after the fork. Posters of the parent stay the parent's: ask for a new one. A child that goes on
    /// without `execve(2)` has to do with the thread that forked: Swift's `Mutex` takes that thread for its parent's, and
    /// traps where another one of the child waits for it.
    /// - Throws: `system` when an event could not be added again.
    public func reinitialiseAfterFork() throws(IOError) {
        try core.reinitialiseAfterFork()
        guard let parents = currentPoster else { return }
        core.stopWatchingInternally(parents.fileDescriptor)
        parents.close()
        currentPoster = nil
    }
}

extension RunMode {
    fileprivate var loopFlags: CInt {
        switch self {
        case .untilStopped: EVLOOP_NO_EXIT_ON_EMPTY
        case .untilIdle, .once: EVLOOP_ONCE
        // Alone, EVLOOP_NONBLOCK would go on for as long as anything is ready.
        case .withoutWaiting: EVLOOP_ONCE | EVLOOP_NONBLOCK
        }
    }
}
