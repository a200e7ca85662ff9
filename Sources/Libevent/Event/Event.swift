internal import CLibevent
internal import CLinux
internal import Glibc
public import Readiness
public import Sockets
public import SystemPackage

/// One reason to be called back: a descriptor, a time, a signal, or the program itself.
///
/// An event is made on a base and does nothing until it is added. The base keeps an added event alive; one that nobody
/// holds and that is not added goes away; one from ``EventBase/watch(_:for:trigger:_:)`` stays until it is closed. It may
/// be removed, closed or let go of anywhere, also in its own handler.
/// Thread rule: the base's thread.
@safe
public final class Event: BaseMember {
    /// Called on the base's thread with the event and what is ready.
    public typealias ReadyHandler = (Event, ReadyEvents) -> Void

    /// Kept so that calling it counts no reference: the optimiser sees that nothing replaces it during the call, which for
    /// a closure in a plain property it must assume.
    struct Callback: ~Copyable {
        let call: ReadyHandler
    }

    enum Source {
        case descriptor, user
        case timer(repeats: Bool)
        case signal(Signal)

        var isTimer: Bool { if case .timer = self { true } else { false } }
    }

    let core: BaseCore
    private let raw: OpaquePointer
    private let source: Source

    // Read or written in every callback. They belong to the loop's thread, and no access to one spans a call.
    @usableFromInline @safe @exclusivity(unchecked) private(set) var number: CInt
    /// Whether a call changes neither whether the event is added nor a timeout.
    @safe @exclusivity(unchecked) private var isUnchangedByCall: Bool
    @usableFromInline @safe @exclusivity(unchecked) private(set) var isAdded = false
    /// Let go of when the event is closed, so that a handler may hold its own event.
    @safe @exclusivity(unchecked) private var callback: Callback?

    /// What a descriptor event watches for.
    @safe @exclusivity(unchecked) public private(set) var interest: Interest
    /// Whether ``close()`` was called, or the base has gone.
    public var isClosed: Bool { wasClosed || core.isClosed }
    private var wasClosed = false
    private let trigger: Trigger
    private var owned: Descriptor?
    /// What a call does to the timeout.
    private var restart = TimeoutRestart.none {
        didSet { isUnchangedByCall = isPersistent && restart.isNone }
    }
    /// What the program activated the event with that is to be called outside libevent's count of its period.
    private var readyLater: ReadyEvents?
    private var staysUntilClosed = false
    var memberIndex = -1

    // MARK: Making

    /// Not inlined: the optimizer of Swift 6.3 fails on a caller that it is inlined into ("leak due to a consuming
    /// post-dominance failure").
    @inline(never)
    private init(
        _ core: BaseCore,
        _ source: Source,
        number: CInt = -1,
        interest: Interest = [],
        trigger: Trigger = .level,
        handler: @escaping ReadyHandler
    ) throws(IOError) {
        core.checkThread()
        guard !core.isClosed else { throw IOError("event_new", .closed, detail: "the base was closed") }
        if case .descriptor = source { try core.checkSupport(interest, trigger, descriptor: number) }
        // The callback argument is set below, when there is a self to point to.
        guard let raw = unsafe event_new(core.raw, number, 0, { _, _, _ in }, nil) else {
            throw IOError("event_new", .noMemory)
        }
        unsafe self.raw = raw
        self.core = core
        self.source = source
        self.number = number
        self.interest = interest
        self.trigger = trigger
        isUnchangedByCall = Self.isPersistent(source, trigger)
        callback = Callback(call: handler)
        assign()
    }

    /// Watches a socket and owns it: ``close()``, or the end of the event, closes it.
    ///
    /// - Throws: `unsupported` for an interest or a trigger that the base's method lacks; `outOfRange` for a descriptor
    ///   that it cannot take.
    public convenience init(
        on base: EventBase,
        owning socket: consuming Socket,
        for interest: Interest,
        trigger: Trigger = .level,
        _ handler: @escaping ReadyHandler
    ) throws(IOError) {
        try self.init(on: base, owning: socket.intoDescriptor(), for: interest, trigger: trigger, handler)
    }

    /// Watches a descriptor of any kind and owns it.
    ///
    /// - Throws: as for a socket.
    public convenience init(
        on base: EventBase,
        owning descriptor: consuming Descriptor,
        for interest: Interest,
        trigger: Trigger = .level,
        _ handler: @escaping ReadyHandler
    ) throws(IOError) {
        let number = descriptor.fileDescriptor.rawValue
        try base.core.checkPollable(number)
        try self.init(base.core, watching: number, for: interest, trigger: trigger, handler)
        owned = consume descriptor
    }

    /// Watches a descriptor that somebody else owns: it must stay open until the event is removed or closed.
    ///
    /// - Throws: as for a socket.
    public convenience init(
        on base: EventBase,
        watching descriptor: FileDescriptor,
        for interest: Interest,
        trigger: Trigger = .level,
        _ handler: @escaping ReadyHandler
    ) throws(IOError) {
        try base.core.checkPollable(descriptor.rawValue)
        try self.init(base.core, watching: descriptor.rawValue, for: interest, trigger: trigger, handler)
    }

    convenience init(
        _ core: BaseCore,
        watching number: CInt,
        for interest: Interest,
        trigger: Trigger,
        _ handler: @escaping ReadyHandler
    ) throws(IOError) {
        try self.init(core, .descriptor, number: number, interest: interest, trigger: trigger, handler: handler)
    }

    /// A timer. Add it with a delay; a repeating one then fires at every multiple of that delay. Times that pass while its
    /// handler runs are not made up for; ``missedTicks`` counts them.
    public static func timer(
        on base: EventBase,
        repeating: Bool = false,
        _ handler: @escaping ReadyHandler
    ) throws(IOError) -> Event {
        try Event(base.core, .timer(repeats: repeating), handler: handler)
    }

    /// Called for each arrival of a signal while it is added. Every base of the process that asks gets the signal.
    public static func signal(_ signal: Signal, on base: EventBase, _ handler: @escaping ReadyHandler) throws(IOError)
        -> Event
    {
        try Event(base.core, .signal(signal), handler: handler)
    }

    /// Called when the program activates it.
    public static func user(on base: EventBase, _ handler: @escaping ReadyHandler) throws(IOError) -> Event {
        try Event(base.core, onActivation: handler)
    }

    convenience init(_ core: BaseCore, onActivation handler: @escaping ReadyHandler) throws(IOError) {
        try self.init(core, .user, handler: handler)
    }

    convenience init(_ core: BaseCore, timer handler: @escaping ReadyHandler) throws(IOError) {
        try self.init(core, .timer(repeats: false), handler: handler)
    }

    deinit {
        // No callback comes after this one; the core, and with it the C base, is still alive.
        unsafe event_free(raw)
    }

    /// The C functions are `event_assign` and, before it, `event_del`: an event changes only while it is not pending.
    private func assign() {
        let flags = interest == .failure ? failureFlags : Self.flags(source, interest, trigger)
        let trampoline = unsafe interest == .failure ? Event.failureTrampoline : Event.trampoline
        unsafe event_assign(raw, core.raw, number, flags, trampoline, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Libevent cannot watch for a failure alone. On epoll an edge trigger for writing reports it, and besides only that the
    /// socket becomes writable. On poll, the end of the peer's output stands for it, which a reset implies.
    private var failureFlags: Int16 {
        // Always persistent: what comes first is mostly no failure.
        Int16((core.capabilities.contains(.edgeTriggered) ? EV_WRITE | EV_ET : EV_CLOSED) | EV_PERSIST)
    }

    /// Whether the event stays added when it has called back.
    private var isPersistent: Bool { Self.isPersistent(source, trigger) }

    private static func isPersistent(_ source: Source, _ trigger: Trigger) -> Bool {
        switch source {
        case .descriptor: !trigger.isOneShot
        case .timer(let repeats): repeats
        case .user, .signal: true
        }
    }

    private static func flags(_ source: Source, _ interest: Interest, _ trigger: Trigger) -> Int16 {
        var flags: CInt = 0
        if interest.contains(.readable) { flags |= EV_READ }
        if interest.contains(.writable) { flags |= EV_WRITE }
        if interest.contains(.peerClosed) { flags |= EV_CLOSED }
        if trigger.isEdge { flags |= EV_ET }
        // Libevent counts the next period of a late timer from its callback, so repeating timers are added tick by tick.
        if isPersistent(source, trigger), !source.isTimer { flags |= EV_PERSIST }
        return Int16(flags)
    }

    // MARK: Adding and removing

    /// The base that the event is on.
    ///
    /// - Throws: `closed` when the base is gone.
    public func base() throws(IOError) -> EventBase { try core.base() }

    /// Starts to watch; an event that is added already gets the new timeout. The C function is `event_add`.
    ///
    /// A descriptor event that has a timeout is called with `ReadyEvents.timedOut` when nothing was ready for that
    /// long; a descriptor that becomes ready as the time runs out counts as ready. A timer needs a delay: zero fires in
    /// the next turn, and a repeating one takes a positive delay only.
    ///
    /// The time counts from this call, and after each call of the handler from its return.
    ///
    /// - Parameter timeout: zero or more; more than a century counts as a century. `nil` for no timeout.
    /// - Throws: `notPollable` for files that the method cannot watch, `outOfRange`, `closed`, `invalidArgument`.
    public func add(timeout: Duration? = nil) throws(IOError) {
        try add(timeout: timeout, every: isPersistent ? timeout : nil)
    }

    /// - Parameter interval: what repeats after `timeout`; only a timer's may differ from it.
    func add(timeout: Duration?, every interval: Duration?) throws(IOError) {
        core.checkThread()
        guard !isClosed else { throw IOError("event_add", .closed, detail: "the event, or its base, was closed") }
        try core.checkProcess("event_add")
        try check(timeout, every: interval)
        if case .signal(let signal) = source { try core.subscribe(self, to: signal) }
        let start = interval == nil ? 0 : clinux_monotonic_now()
        let result = try addToBase(timeout)
        guard result == 0 else { throw core.notAdded(Errno(rawValue: errno)) }
        restart = TimeoutRestart(after: timeout, every: interval, from: start, isTimer: source.isTimer)
        isAdded = true
        core.keep(self)
    }

    private func check(_ timeout: Duration?, every interval: Duration?) throws(IOError) {
        switch source {
        case .descriptor where interest.isEmpty && timeout == nil:
            throw IOError("event_add", .invalidArgument, detail: "nothing to wait for: give an interest or a timeout")
        case .descriptor where interest == .failure && timeout != nil:
            throw IOError(
                "event_add",
                .unsupported,
                detail: "a watch for a failure alone has no timeout; use a timer"
            )
        case .timer where timeout == nil:
            throw IOError("event_add", .invalidArgument, detail: "a timer needs a delay")
        default: break
        }
        guard let interval, interval <= .zero else { return }
        throw IOError(
            "event_add",
            .outOfRange,
            detail: "a repeating timeout of \(interval) would never rest; use more than zero"
        )
    }

    private func addToBase(_ timeout: Duration?) throws(IOError) -> CInt {
        guard let timeout else {
            // To libevent, none means the one before.
            if isAdded { unsafe event_remove_timer(raw) }
            return unsafe event_add(raw, nil)
        }
        var delay = try timeval(timeout)
        core.refreshClock()
        return unsafe event_add(raw, &delay)
    }

    /// Stops watching; nothing of this event is called back until it is added again. The C function is `event_del`.
    public func remove() {
        core.checkThread()
        core.leaveParent()
        if case .signal(let signal) = source { core.unsubscribe(self, from: signal) }
        // Libevent would remember the period, and go on with it after the next add.
        if !restart.isNone { unsafe event_remove_timer(raw) }
        unsafe event_del(raw)
        isAdded = false
        restart = .none
        readyLater = nil
        core.forget(self)
    }

    /// For watches: the base keeps the event although it may not be added at times.
    func keepUntilClosed() {
        staysUntilClosed = true
        core.keep(self)
    }

    /// The base lets go of an event that cannot call back.
    @inline(never)
    func letGoUnlessNeeded() {
        guard !staysUntilClosed, !isAdded, !isPending else { return }
        core.forget(self)
    }

    /// The time-out for an event whose interest changes: what is left of a single one, a repeating one anew.
    var timeoutToKeep: Duration? {
        restart.timeout ?? (isAdded && !isPersistent ? timeLeft : nil)
    }

    /// Watches for something else; the event must be a descriptor's.
    func change(to newInterest: Interest) throws(IOError) {
        try core.checkSupport(newInterest, trigger, descriptor: number)
        let priority = self.priority
        core.leaveParent()
        unsafe event_del(raw)
        isAdded = false
        interest = newInterest
        assign()
        unsafe event_priority_set(raw, CInt(priority))
    }

    /// Stops watching for good, closes the socket that the event owns, and lets go of the handler. A second call does
    /// nothing.
    public func close() {
        remove()
        number = -1
        owned.take()?.close()
        guard !wasClosed else { return }
        wasClosed = true
        core.retire(self)
    }

    func callbacksAreOver() {
        if wasClosed { callback = nil }
    }

    func baseIsClosing() {
        close()
    }

    /// Has the handler called in this turn or the next as if `ready` had happened, of which `hangUp`, `error` and `priority`
    /// are left out. Several activations before the call count as one; a removal takes them along. The C function is
    /// `event_active`.
    ///
    /// A handler that activates its own event each time keeps the turn from ending; see ``EventBase/lookAgain()``.
    /// - Throws: `closed`.
    public func activate(_ ready: ReadyEvents = []) throws(IOError) {
        core.checkThread()
        guard !isClosed else { throw IOError("event_active", .closed, detail: "the event, or its base, was closed") }
        // Until it has run, somebody must hold it.
        core.keep(self)
        guard !restart.isNone else {
            // Libevent takes an event that is active for no reason for one that is not pending.
            let flags = ready.libeventFlags
            unsafe event_active(raw, flags == 0 ? EV_SIGNAL : flags, 1)
            return
        }
        // Libevent would count the period anew from here, or from the end of the one that runs.
        if readyLater == nil { try core.later { [self] in callLater() } }
        readyLater = ready.subtracting([.hangUp, .error, .priority]).union(readyLater ?? [])
    }

    private func callLater() {
        if let ready = readyLater.take() { call(ready) }
    }

    // MARK: Asking and changing

    /// How many times a repeating timer should have fired and did not since the previous call; read it in the handler.
    /// 0 for other events.
    public var missedTicks: Int {
        if case .tick(let ticks) = restart { ticks.deadline.missed } else { 0 }
    }

    /// Whether the event may call back: it is added, or active. The C function is `event_pending`.
    public var isPending: Bool {
        core.checkThread()
        if case .signal = source { return isAdded }
        if readyLater != nil { return true }
        let all = Int16(EV_READ | EV_WRITE | EV_CLOSED | EV_TIMEOUT | EV_SIGNAL)
        return unsafe event_pending(raw, all, nil) != 0
    }

    /// How long until the time-out, or `nil` when none runs; right after a jump of the wall clock too. The C function is
    /// `event_pending`.
    public var timeLeft: Duration? {
        core.checkThread()
        return unsafe core.timeLeft(of: raw)
    }

    /// 0, the most urgent, to one less than the base has. The C functions are `event_get_priority` and
    /// `event_priority_set`.
    public var priority: Int { unsafe Int(event_get_priority(raw)) }

    /// - Throws: `outOfRange`; `busy` while the event is due to be called.
    public func setPriority(_ priority: Int) throws(IOError) {
        core.checkThread()
        try core.checkPriority(priority, "event_priority_set")
        guard unsafe event_priority_set(raw, CInt(priority)) == 0 else {
            throw IOError(
                "event_priority_set",
                .busy,
                detail: "the event is due; set its priority in its handler or earlier"
            )
        }
    }

    /// The descriptor that is watched, or `nil` for other events and after a close.
    public var fileDescriptor: FileDescriptor? {
        number < 0 ? nil : FileDescriptor(rawValue: number)
    }

    /// For C functions that this package does not wrap. The pointer is libevent's `struct event *`; it lives as long as
    /// this object, whose state it must not change.
    public func withUnsafeHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        core.checkThread()
        return unsafe body(raw)
    }

    // MARK: Called back

    private static let trampoline: event_callback_fn = { _, flags, context in
        // The base holds the event until the callback is over, so that nothing needs to be counted here. The context is
        // the one that was given to event_assign.
        let event = unsafe Unmanaged<Event>.fromOpaque(context.unsafelyUnwrapped)
        unsafe event._withUnsafeGuaranteedRef { $0.fire(flags) }
    }

    private static let failureTrampoline: event_callback_fn = { _, flags, context in
        let event = unsafe Unmanaged<Event>.fromOpaque(context.unsafelyUnwrapped)
        unsafe event._withUnsafeGuaranteedRef { $0.fireFailure(flags) }
    }

    /// What is watched for instead of a failure may have happened without one.
    private func fireFailure(_ flags: Int16) {
        let found = ReadyEvents(failureOf: number)
        // The program may have activated the event.
        let isReported = !found.isEmpty || CInt(flags) & (EV_SIGNAL | EV_READ) != 0
        let isOver = isReported && !isPersistent
        // With a level trigger libevent would report it in every turn from here on.
        if isOver || CInt(flags) & EV_CLOSED != 0 { unsafe event_del(raw) }
        guard isReported else { return }
        core.enterCallback()
        if isOver { isAdded = false }
        call(found.isEmpty ? ReadyEvents(libeventFlags: flags) : found)
        if !isAdded { letGoUnlessNeeded() }
        core.leaveCallback()
    }

    private func fire(_ flags: Int16) {
        let core = core
        core.enterCallback()
        if isUnchangedByCall {
            call(ready(flags))
        } else {
            callAndRestart(flags)
        }
        if !isAdded { letGoUnlessNeeded() }
        core.leaveCallback()
    }

    @inline(never)
    private func callAndRestart(_ flags: Int16) {
        switch restart {
        case .none:
            isAdded = false
            call(ready(flags))
        case .timeout:
            call(ready(flags))
            // Libevent has restarted it before the call: the time that the handler took does not count.
            if isAdded, case .timeout(let timeout) = restart { setTimeout(timeout) }
        case .tick(let ticks):
            ticks.deadline.tickIsDue(at: clinux_monotonic_now())
            setTimeout(ticks.left)
            call(ready(flags))
            // The handler may have removed or restarted the event, and it may have run past the next tick.
            guard case .tick(let current) = restart, current === ticks,
                ticks.deadline.handlerReturned(at: clinux_monotonic_now())
            else { return }
            setTimeout(ticks.left)
        }
    }

    /// It fails only where memory is out, and an event that had a timeout has room for it.
    private func setTimeout(_ timeout: Duration) {
        guard !core.isClosed, var delay = try? timeval(timeout) else { return }
        core.refreshClock()
        unsafe event_add(raw, &delay)
    }

    @inline(__always)
    private func call(_ ready: ReadyEvents) {
        switch callback {
        case .some(let callback): callback.call(self, ready)
        case nil: break
        }
    }

    @inline(__always)
    private func ready(_ flags: Int16) -> ReadyEvents {
        flags == Int16(EV_READ) ? .readable : otherThanReadable(flags)
    }

    @inline(never)
    private func otherThanReadable(_ flags: Int16) -> ReadyEvents {
        let ready = ReadyEvents(libeventFlags: flags)
        return flags & Int16(EV_TIMEOUT) == 0 ? ready : timedOut(ready)
    }

    /// Libevent reports the time-out alone even where the descriptor became ready in the same turn.
    private func timedOut(_ ready: ReadyEvents) -> ReadyEvents {
        guard ready.isEmpty, number >= 0, !interest.isEmpty else { return ready.isEmpty ? .timedOut : ready }
        let late = ReadyEvents(polling: number, for: interest)
        return late.isEmpty ? .timedOut : late
    }
}
