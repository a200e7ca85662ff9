internal import CLinux
internal import Libevent
internal import Multiplexing
internal import Readiness
public import Sockets
internal import Synchronization

/// A thread that waits for sockets, timers and signals, and on which tasks and actors run: they use its connections without
/// a change of thread.
///
/// A loop is a task executor: `Task(executorPreference: loop)` and `withTaskExecutorPreference(loop)` run code on it, and
/// child tasks, `async let` and default actors inherit the preference. An unstructured `Task {}` does not: it leaves the
/// loop, and what belongs to the loop must not be used there. An actor whose `unownedExecutor` is ``unownedSerialExecutor``
/// lives on the loop.
///
/// What runs on a loop must not block: everything else on it waits.
///
/// Thread rule: any thread, but for what says otherwise.
@safe
public final class EventLoop: TaskExecutor, @unchecked Sendable {
    // Unchecked: what is not `let`, atomic or behind the lock belongs to the thread that runs the loop.

    let seam: EngineSeam
    let serial = LoopSerialExecutor()
    private let name: String
    private let link = LoopLink()
    private let runner = Atomic<UInt>(0)
    private let inbox = Mutex(LoopInbox())
    let runEnd = LoopEnd()

    // Touched for every message, by one thread; no access spans a call.
    @safe @exclusivity(unchecked) private var jobs = JobQueue()
    /// Whether what is called now ends with the jobs that wait.
    @safe @exclusivity(unchecked) private(set) var isInside = false
    @safe @exclusivity(unchecked) private(set) var isEnding = false
    /// What chunk handlers read into, `readSize` bytes.
    let scratch: UnsafeMutableRawPointer
    /// A block for the next chunk that a task reads.
    @exclusivity(unchecked) var spareBlock: Unmanaged<ByteBlock>?
    @safe @exclusivity(unchecked) var timers = TimerHeap()
    @safe @exclusivity(unchecked) var alarm: (any EngineRegistration)?
    @safe @exclusivity(unchecked) var alarmDeadline = Int64.max
    @safe @exclusivity(unchecked) private var members: [any LoopMember] = []
    /// What sends at the end of the turn.
    @safe @exclusivity(unchecked) var collecting: [StreamConnection] = []
    /// Whether the turn has an end to come.
    @safe @exclusivity(unchecked) var turnEndIsAhead = false
    /// Made when first needed.
    var turnEnd: (any TurnEnd)?

    /// The most bytes of one read.
    static let readSize = 65_536
    /// The most jobs a turn, so that tasks which never wait do not keep the loop from looking at its sockets.
    private static let jobsPerTurn = 1024

    init(_ seam: EngineSeam, name: String) {
        self.seam = seam
        self.name = name
        unsafe scratch = .allocate(byteCount: Self.readSize, alignment: 64)
        unsafe scratch.initializeMemory(as: UInt8.self, repeating: 0, count: Self.readSize)
        unsafe serial.loop = self
    }

    deinit {
        unsafe scratch.deallocate()
    }

    /// Starts a loop on a thread of its own, which lives until ``shutDown()``.
    ///
    /// - Parameters:
    ///   - engine: what the loop waits with.
    ///   - name: the thread's name, as tools show it; 15 bytes at most.
    /// - Throws: `noDescriptors`, `noMemory`; `unsupported` when the engine cannot be had on this machine.
    public convenience init(engine: LoopEngine = .native, name: String = "event-loop") throws(IOError) {
        self.init(try EngineSeam(engine), name: name)
        try startThread(reaching: runEnd) { $0.runHere() }
    }

    // MARK: Threads

    /// Whether the calling thread is the one that runs the loop.
    @inline(__always)
    public var isCurrent: Bool {
        runner.load(ordering: .relaxed) == UInt(clinux_thread_identity())
    }

    /// Traps on any other thread.
    @inline(__always)
    func checkThread() {
        if !isCurrent { wrongThread() }
    }

    @inline(never)
    private func wrongThread() -> Never {
        // A mistake in the program, which would be a data race: no input leads here.
        fatalError(
            """
            a connection was used on a thread other than its loop's; use it in its handler and in child tasks, and start \
            unstructured tasks with Task(executorPreference: connection.loop)
            """
        )
    }

    /// The end, if any, is reached once the thread has let go of the loop.
    private func startThread(
        reaching end: LoopEnd? = nil,
        _ body: @escaping @Sendable (EventLoop) -> Void
    ) throws(IOError) {
        let context = unsafe Unmanaged.passRetained(ThreadStart(loop: self, end: end, body: body)).toOpaque()
        let result = unsafe clinux_thread_start(name, ThreadStart.run, context)
        guard result < 0 else { return }
        unsafe Unmanaged<ThreadStart>.fromOpaque(context).release()
        try check("pthread_create", result)
    }

    /// Runs the loop on the calling thread until it ends.
    ///
    /// - Returns: why the wait failed, if it did.
    @discardableResult
    func runHere() -> IOError? {
        var failure: IOError?
        runner.store(UInt(clinux_thread_identity()), ordering: .relaxed)
        link.loop = self
        turnEndIsAhead = true
        do throws(IOError) {
            try seam.run()
        } catch {
            failure = error
        }
        turnEndIsAhead = false
        isEnding = true
        // The wait failed, or others have broken off the base: nothing that is watched will ever be called again.
        abandonMembers(failure ?? IOError("EventLoop", .closed, detail: "the run of its base was ended by others"))
        link.loop = nil
        runLeftovers()
        runner.store(0, ordering: .relaxed)
        inbox.withLock(of: self) { $0.hasEnded = true }
        startDrainerIfNeeded()
        return failure
    }

    // MARK: Jobs

    public func enqueue(_ job: consuming ExecutorJob) {
        enqueue(JobQueue.Entry(job: UnownedJob(job), isSerial: false))
    }

    @inline(__always)
    func enqueue(_ entry: JobQueue.Entry) {
        guard isCurrent else { return enqueueFromOutside(entry) }
        jobs.append(entry)
        // Not called by the loop, but by somebody who shares its thread: nobody would look.
        if !isInside { announce() }
    }

    @inline(never)
    private func enqueueFromOutside(_ entry: JobQueue.Entry) {
        handIn(entry, nil)
    }

    /// Has the loop call something on its thread.
    func post(_ call: @escaping @Sendable () -> Void) {
        handIn(nil, call)
    }

    /// Has the loop look at its jobs although nothing it waits for has happened.
    private func announce() {
        handIn(nil, nil)
    }

    private func handIn(_ entry: JobQueue.Entry?, _ call: (@Sendable () -> Void)?) {
        let (isFirst, hasEnded) = inbox.withLock(of: self) { inbox in
            if let entry { inbox.jobs.append(entry) }
            if let call { inbox.calls.append(call) }
            defer { inbox.isAnnounced = true }
            return (!inbox.isAnnounced, inbox.hasEnded)
        }
        if hasEnded { return startDrainerIfNeeded() }
        if isFirst { seam.wake(link) }
    }

    /// Called by the engine once for all that came since the last call.
    func takeFromOtherThreads() {
        enter()
        takeInbox()
        leave()
    }

    private func takeInbox() {
        let (jobs, calls) = inbox.withLock(of: self) { inbox in
            defer { (inbox.jobs, inbox.calls, inbox.isAnnounced) = ([], [], false) }
            return (inbox.jobs, inbox.calls)
        }
        for entry in jobs { self.jobs.append(entry) }
        for call in calls { call() }
    }

    /// The first thing that a callback of the engine does.
    @inline(__always)
    func enter() {
        isInside = true
    }

    /// The last thing that a callback of the engine does: what it made ready to run runs now.
    @inline(__always)
    func leave() {
        if !jobs.isEmpty || isEnding { runJobs() }
        isInside = false
    }

    @inline(never)
    private func runJobs() {
        let serialExecutor = unsafe unownedSerialExecutor
        let taskExecutor = unsafe asUnownedTaskExecutor()
        for _ in 0..<Self.jobsPerTurn {
            guard let entry = jobs.removeFirst() else { return endIfDone() }
            if entry.isSerial {
                unsafe entry.job.runSynchronously(on: serialExecutor)
            } else {
                unsafe entry.job.runSynchronously(on: taskExecutor)
            }
        }
        announce()
    }

    /// What actors on the loop return from `unownedExecutor`.
    public var unownedSerialExecutor: UnownedSerialExecutor { unsafe serial.asUnownedSerialExecutor() }

    // MARK: Members

    func add(_ member: any LoopMember) {
        member.memberIndex = members.count
        members.append(member)
    }

    func remove(_ member: any LoopMember) {
        let index = member.memberIndex
        guard index >= 0 else { return }
        member.memberIndex = -1
        let last = members.removeLast()
        guard index < members.count else { return }
        members[index] = last
        last.memberIndex = index
    }

    private func abandonMembers(_ error: IOError) {
        while let member = members.last {
            remove(member)
            member.loopIsEnding(error)
        }
    }

    /// Closes the connections of a listener and cancels their handlers.
    func endConnections(of listener: Listener, because error: IOError) {
        let own = members.compactMap { $0 as? StreamConnection }.filter { $0.listener === listener }
        for connection in own { connection.end(because: error) }
    }

    // MARK: Ending

    /// Ends the loop: its connections are closed, what waits on it is resumed with an error of code `closed`, and when no
    /// job is left its run ends. Returns then. A loop's own thread has let go of it, so that its descriptors are closed with
    /// the last reference to it; of one that `run` runs, the run is over, and `run` is about to return.
    ///
    /// Tasks that come back to the loop after that still run, one at a time, on a thread that is started for them.
    /// A second call waits with the first. Not for use on the loop itself.
    public func shutDown() async {
        end()
        await runEnd.wait()
    }

    /// Has the loop end when nothing is left to do.
    func end() {
        inbox.withLock(of: self) { $0.isToEnd = true }
        post { [self] in
            isEnding = true
            abandonMembers(IOError("EventLoop", .closed, detail: "the loop was shut down"))
        }
    }

    /// Whether the loop has ended or has been told to. From any thread.
    var isGone: Bool { inbox.withLock(of: self) { $0.isToEnd || $0.hasEnded } }

    private func endIfDone() {
        // Once the run is over a stop would be one of the next, on a base that others go on with.
        guard isEnding, members.isEmpty, link.loop != nil else { return }
        seam.stop()
    }

    /// What was handed in while the run ended.
    private func runLeftovers() {
        isInside = true
        repeat {
            takeInbox()
            runJobs()
        } while !jobs.isEmpty
        alarm?.cancel()
        alarm = nil
        turnEnd?.cancel()
        turnEnd = nil
        // They hold the loop.
        collecting = []
        unsafe spareBlock.take()?.release()
    }

    /// Runs what comes after the end on a thread of its own, which goes when nothing is left.
    private func startDrainerIfNeeded() {
        let mustStart = inbox.withLock(of: self) { inbox in
            guard !inbox.isEmpty, !inbox.isDrained else { return false }
            inbox.isDrained = true
            return true
        }
        guard mustStart else { return }
        do throws(IOError) {
            try startThread { $0.drainAfterEnd() }
        } catch {
            // No thread to be had: better here than never.
            drainAfterEnd()
        }
    }

    private func drainAfterEnd() {
        runner.store(UInt(clinux_thread_identity()), ordering: .relaxed)
        repeat {
            runLeftovers()
        } while !finishDraining()
    }

    private func finishDraining() -> Bool {
        inbox.withLock(of: self) { inbox in
            guard inbox.isEmpty else { return false }
            inbox.isDrained = false
            runner.store(0, ordering: .relaxed)
            return true
        }
    }
}
