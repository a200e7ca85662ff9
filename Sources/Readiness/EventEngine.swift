public import Sockets

/// A loop that watches descriptors, timers and signals and calls back on its own thread: what libevent's `EventBase` and
/// the native loop have in common, so that a server is written once.
///
/// A loop belongs to whoever holds it until it runs, then to the thread that runs it; ``poster()`` is the only way in from
/// other threads. Watched sockets are owned by their watch, so removal always comes before the close.
public protocol EventEngine: AnyObject, SendableMetatype {
    /// A socket that is watched, and owned while it is.
    associatedtype Watch: SocketWatch
    /// A timer or a signal that calls back until it is cancelled.
    associatedtype Registration: EngineRegistration

    /// What the engine's method can do.
    var capabilities: Capabilities { get }

    /// Watches a descriptor from now on, and owns it; the engine keeps the watch until it is closed.
    ///
    /// - Throws: `unsupported` for an interest or a trigger that ``capabilities`` lacks, `outOfRange` for a descriptor
    ///   that the method cannot take; `notPollable` for a file that never blocks, where ``capabilities`` lacks `anyFile`.
    @discardableResult
    func watch(
        _ descriptor: consuming Descriptor,
        for interest: Interest,
        trigger: Trigger,
        _ handler: @escaping (Watch, ReadyEvents) -> Void
    ) throws(IOError) -> Watch

    /// Calls back after the delay, never early, and then at each interval if one is given.
    ///
    /// The times of a repeating timer stay on a grid: the delay, and then every multiple of the interval after it. A call
    /// that comes late does not shift the later ones. Times that pass while the handler runs, or that the loop is too busy
    /// to meet, are not made up for; ``EngineRegistration/missedTicks`` counts them.
    ///
    /// - Parameters:
    ///   - delay: zero or more, counted from this call. Zero means the next turn. A delay that is longer than the clock can
    ///     count, which is at least a century, never ends.
    ///   - interval: more than zero; `nil` for one call.
    ///   - handler: called with the timer.
    /// - Throws: `outOfRange` for a negative delay, or an interval that is not positive; `closed`.
    @discardableResult
    func schedule(
        after delay: Duration,
        every interval: Duration?,
        _ handler: @escaping (Registration) -> Void
    ) throws(IOError) -> Registration

    /// Calls back for each arrival of a signal. Every loop of the process that asks gets it.
    ///
    /// - Throws: `invalidArgument` for a signal that cannot be caught.
    @discardableResult
    func onSignal(_ signal: Signal, _ handler: @escaping (Registration) -> Void) throws(IOError) -> Registration

    /// The way in from other threads; the same object each time.
    func poster() throws(IOError) -> Poster<Self>

    /// Runs callbacks on this thread.
    ///
    /// - Throws: `alreadyRunning` from inside a callback; `forked` in a child process that has not re-initialised.
    @discardableResult
    func run(_ mode: RunMode) throws(IOError) -> RunOutcome

    /// Ends the run after the callbacks that are due now; called before a run, that run returns at once.
    func stop()

    /// Ends the run after the current callback; called before a run, that run returns at once.
    func breakLoop()
}

extension EventEngine {
    /// Watches a socket from now on, and owns it; the engine keeps the watch until it is closed.
    ///
    /// - Throws: as for a descriptor.
    @inlinable
    @discardableResult
    public func watch(
        _ socket: consuming Socket,
        for interest: Interest,
        trigger: Trigger = .level,
        _ handler: @escaping (Watch, ReadyEvents) -> Void
    ) throws(IOError) -> Watch {
        try watch(socket.intoDescriptor(), for: interest, trigger: trigger, handler)
    }

    /// Watches a descriptor level-triggered from now on, and owns it.
    ///
    /// - Throws: as with a trigger.
    @inlinable
    @discardableResult
    public func watch(
        _ descriptor: consuming Descriptor,
        for interest: Interest,
        _ handler: @escaping (Watch, ReadyEvents) -> Void
    ) throws(IOError) -> Watch {
        try watch(descriptor, for: interest, trigger: .level, handler)
    }

    /// Calls back once after the delay, never early.
    ///
    /// - Parameters:
    ///   - delay: zero or more, counted from this call; zero means the next turn.
    ///   - handler: called with the timer.
    /// - Throws: `outOfRange` for a negative delay; `closed`.
    @inlinable
    @discardableResult
    public func schedule(
        after delay: Duration,
        _ handler: @escaping (Registration) -> Void
    ) throws(IOError) -> Registration {
        try schedule(after: delay, every: nil, handler)
    }
}
