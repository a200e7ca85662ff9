internal import CLibevent
internal import CLinux
internal import Glibc
internal import Readiness
internal import Sockets
internal import SystemPackage

/// What a base and its members share. Members hold it strongly, so that the C base outlives every C object made on it;
/// it holds the members that are in use, until they are removed or the base closes.
@safe
final class BaseCore {
    let raw: OpaquePointer
    let configuration: EventConfiguration
    let method: String
    let capabilities: Capabilities
    private let isFreedByOthers: Bool

    private let thread = LoopThread()

    // These change on every callback. They belong to the loop's thread, and no access to one spans a call.
    @safe @exclusivity(unchecked) private var depth = 0
    @safe @exclusivity(unchecked) private var graveyard: [any BaseMember] = []
    @safe @exclusivity(unchecked) private var leaving: [any BaseMember] = []
    /// Whether something is to be done when no callback runs any more.
    @safe @exclusivity(unchecked) private var mustTidy = false

    private var members: [any BaseMember] = []
    private(set) var isClosed = false
    private(set) var process = getpid()
    /// The forks that lie behind the process whose epoll instance, if that is the method, the base uses.
    private var forks: UInt32

    /// The object that the user holds; it ends before the core when members outlive it.
    weak var owner: EventBase?
    /// Made for the first signal: a child of the process has nothing to make that it does not need.
    private var signals: SignalRouter?
    private var laterQueue: LaterQueue?
    private var timeoutClock: TimeoutClock?
    /// Events of our own that stay pending; they do not keep a run going.
    private var internalEvents: [Event] = []

    init(_ configuration: EventConfiguration) throws(IOError) {
        clinux_count_forks()
        forks = clinux_forks()
        unsafe raw = try unsafe configuration.makeBase()
        self.configuration = configuration
        isFreedByOthers = false
        method = unsafe Self.methodName(of: raw)
        capabilities = unsafe Capabilities(features: UInt32(bitPattern: event_base_get_features(raw)), method: method)
    }

    /// Takes a base that C code made and frees.
    init(adopting base: OpaquePointer) {
        clinux_count_forks()
        forks = clinux_forks()
        unsafe raw = base
        isFreedByOthers = true
        var configuration = EventConfiguration()
        configuration.priorities = unsafe Int(event_base_get_npriorities(base))
        self.configuration = configuration
        method = unsafe Self.methodName(of: base)
        capabilities = unsafe Capabilities(features: UInt32(bitPattern: event_base_get_features(base)), method: method)
    }

    /// Libevent's name for it, but for the one that is a sentence.
    private static func methodName(of base: OpaquePointer) -> String {
        let name = unsafe String(cString: event_base_get_method(base))
        return name.contains("changelist") ? EventMethod.epollChangelist.rawValue : name
    }

    deinit {
        timeoutClock = nil
        if !isFreedByOthers { unsafe event_base_free(raw) }
    }

    // MARK: Threads and processes

    /// Traps when another thread runs the loop.
    @inline(__always)
    func checkThread() {
        thread.check("an EventBase")
    }

    func base() throws(IOError) -> EventBase {
        guard let owner, !isClosed else { throw IOError("EventBase", .closed, detail: "the base is gone") }
        return owner
    }

    var isRunning: Bool { thread.isRunning }

    func beginRun() throws(IOError) {
        guard !isClosed else { throw IOError("EventBase.run", .closed, detail: "the base was closed") }
        guard process == getpid() else {
            throw IOError("EventBase.run", .forked, detail: "call reinitialiseAfterFork() in the child first")
        }
        guard thread.begin() else {
            throw IOError(
                "EventBase.run",
                .alreadyRunning,
                detail: "a run cannot be nested; stop the current one first"
            )
        }
    }

    func endRun() {
        thread.end()
    }

    // MARK: Time

    /// Has a timeout that starts now count from now. A base of ours reads the clock for each timeout; one that C code made
    /// reads it once a turn.
    @inline(__always)
    func refreshClock() {
        if isFreedByOthers { unsafe event_base_update_cache_time(raw) }
    }

    // MARK: Members

    func keep(_ member: any BaseMember) {
        guard member.memberIndex < 0 else { return }
        member.memberIndex = members.count
        members.append(member)
    }

    /// Lets go of a member; inside a callback only after it, for the member may be the one that is called.
    func forget(_ member: any BaseMember) {
        let index = member.memberIndex
        guard index >= 0 else { return }
        member.memberIndex = -1
        retire(member)
        let last = members.removeLast()
        guard index < members.count else { return }
        members[index] = last
        last.memberIndex = index
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        leaveParent()
        enterCallback()
        while let member = members.last {
            member.baseIsClosing()
            forget(member)
        }
        internalEvents = []
        laterQueue = nil
        timeoutClock = nil
        leaveCallback()
    }

    // MARK: Our own events

    /// Watches a descriptor of ours for the life of the base.
    func watchInternally(_ descriptor: FileDescriptor, _ handler: @escaping Event.ReadyHandler) throws(IOError) {
        let event = try Event(self, watching: descriptor.rawValue, for: .readable, trigger: .level, handler)
        try event.add()
        internalEvents.append(event)
    }

    func stopWatchingInternally(_ descriptor: FileDescriptor) {
        internalEvents.removeAll { event in
            guard event.fileDescriptor == descriptor else { return false }
            event.close()
            return true
        }
    }

    func subscribe(_ event: Event, to signal: Signal) throws(IOError) {
        let router = signals ?? SignalRouter(self)
        signals = router
        try router.subscribe(event, to: signal)
    }

    func unsubscribe(_ event: Event, from signal: Signal) {
        signals?.unsubscribe(event, from: signal)
    }

    /// Runs a job in this turn or the next, on the loop's thread, outside the callback that asks.
    func later(_ job: @escaping () -> Void) throws(IOError) {
        let queue = laterQueue ?? LaterQueue(self)
        laterQueue = queue
        try queue.append(job)
    }

    func timeLeft(of event: OpaquePointer) -> Duration? {
        guard unsafe event_pending(event, Int16(EV_TIMEOUT), nil) != 0 else { return nil }
        if timeoutClock == nil { timeoutClock = unsafe TimeoutClock(raw) }
        return unsafe timeoutClock?.left(of: event) ?? .zero
    }

    // MARK: After a fork

    /// Called before anything is removed. A child shares its parent's epoll instance until it makes the base its own: what
    /// it removed there would be removed for the parent.
    @inline(__always)
    func leaveParent() {
        if forks != clinux_forks() { makeOwnInstance() }
    }

    @inline(never)
    private func makeOwnInstance() {
        forks = clinux_forks()
        // It fails where something cannot be added again, which is of no matter to what is removed.
        _ = reinitialise()
    }

    private func reinitialise() -> Bool {
        let isHeld = clinux_hold_streams() == 0
        defer { if isHeld { clinux_release_streams() } }
        return unsafe event_reinit(raw) == 0
    }

    func checkProcess(_ operation: IOError.Operation) throws(IOError) {
        guard forks != clinux_forks() else { return }
        throw IOError(operation, .forked, detail: "call reinitialiseAfterFork() in the child first")
    }

    /// The C function is `event_reinit`. What was shared with the parent is made anew: its epoll descriptor, and the
    /// descriptors by which signals arrive.
    func reinitialiseAfterFork() throws(IOError) {
        guard reinitialise() else {
            throw IOError("event_reinit", .system, detail: "an event could not be added again in the child")
        }
        process = getpid()
        forks = clinux_forks()
        try signals?.renew()
    }

    // MARK: Callbacks

    @inline(__always)
    func enterCallback() {
        depth &+= 1
    }

    /// The last thing that a callback from C does.
    @inline(__always)
    func leaveCallback() {
        depth &-= 1
        if mustTidy { tidy() }
    }

    /// Keeps a member until no callback runs any more, for it may be the one that is called.
    func retire(_ member: any BaseMember) {
        guard depth > 0 else { return member.callbacksAreOver() }
        graveyard.append(member)
        mustTidy = true
    }

    @inline(never)
    private func tidy() {
        guard depth == 0 else { return }
        // What is let go of can run code of the user's, which can fill the graveyard again, but does not tidy itself.
        depth = 1
        while !graveyard.isEmpty {
            swap(&graveyard, &leaving)
            for member in leaving { member.callbacksAreOver() }
            leaving.removeAll(keepingCapacity: true)
        }
        depth = 0
        mustTidy = false
    }

    /// Whether nothing is left that could call the user back, but for posts.
    var isIdle: Bool {
        guard signals?.areAwaited != true else { return false }
        let counted = UInt32(EVENT_BASE_COUNT_ADDED | EVENT_BASE_COUNT_ACTIVE | EVENT_BASE_COUNT_VIRTUAL)
        return unsafe Int(event_base_get_num_events(raw, counted)) <= internalEvents.count
    }

    // MARK: Checks

    /// What the method cannot do is refused here, before libevent ignores it or aborts the process.
    func checkSupport(_ interest: Interest, _ trigger: Trigger, descriptor: CInt) throws(IOError) {
        if trigger.isEdge, !capabilities.contains(.edgeTriggered) {
            throw IOError("event_new", .unsupported, detail: "\(method) has no edge trigger; use .level, or epoll")
        }
        if interest.contains(.priority) {
            throw IOError("event_new", .unsupported, detail: "libevent cannot report out-of-band data")
        }
        if interest.contains(.failure), !capabilities.contains(.failure) {
            throw IOError(
                "event_new",
                .unsupported,
                detail: "\(method) cannot report a failure alone; watch for readable"
            )
        }
        if interest.contains(.peerClosed), !capabilities.contains(.peerClosed) {
            throw IOError(
                "event_new",
                .unsupported,
                detail: "\(method) cannot report that the peer closed; read until the end"
            )
        }
        try checkNumber(descriptor)
    }

    /// With a change list, libevent finds out in its next wait that epoll refuses a file, and tells nobody.
    func checkPollable(_ descriptor: CInt) throws(IOError) {
        guard method == EventMethod.epollChangelist.rawValue else { return }
        let result = clinux_epoll_probe(descriptor)
        guard result < 0 else { return }
        throw notAdded(Errno(rawValue: -result))
    }

    func notAdded(_ errno: Errno) -> IOError {
        guard errno == .notPermitted else { return IOError("event_add", errno: errno) }
        let detail = "\(method) cannot watch this kind of file, which never blocks; read it directly, or use poll"
        return IOError("event_add", .notPollable, errno: errno, detail: detail)
    }

    func checkNumber(_ descriptor: CInt) throws(IOError) {
        guard descriptor >= 0 else { throw IOError("event_new", .closed, detail: "descriptor \(descriptor)") }
        guard capabilities.contains(.anyNumber) || descriptor < 1024 else {
            throw IOError(
                "event_new",
                .outOfRange,
                detail: "select takes descriptors below 1024, not \(descriptor); use poll or epoll"
            )
        }
    }
    func checkPriority(_ priority: Int, _ operation: IOError.Operation) throws(IOError) {
        guard (0..<configuration.priorities).contains(priority) else {
            throw IOError(
                operation,
                .outOfRange,
                detail: "priority \(priority) on a base with priorities 0 to \(configuration.priorities - 1)"
            )
        }
    }
}
