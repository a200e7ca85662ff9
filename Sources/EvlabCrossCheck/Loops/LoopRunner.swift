internal import CLinux
internal import Glibc
internal import Multiplexing
internal import Readiness
internal import Sockets
internal import SystemPackage

/// Gives one loop the tasks of a script, and writes down what comes of them.
///
/// Thread rule: a runner belongs to the thread that runs its loop.
final class LoopRunner<Engine: EventEngine> {
    /// Carries the runner into a post. Unchecked, because a post runs on the loop's thread, which is the runner's.
    private struct Reference: @unchecked Sendable {
        unowned let runner: LoopRunner
    }

    /// When a timer may fire, as far as is known: the clock goes on while it is scheduled.
    private struct Due {
        let earliest: MonotonicInstant
        let latest: MonotonicInstant
    }

    private let engine: Engine
    private let tasks: [LoopTask]
    private let poster: Poster<Engine>
    /// Timers that are due within so much of each other may come in any order.
    private let clockStep: Duration
    private var trace: LoopTrace
    private var unfinished: Set<Int>
    /// What the first callback of a task does for others.
    private var reactions: [[() -> Void]]
    private var due: [Int: Due] = [:]
    private var writers: [Int: SharedDescriptor] = [:]
    private var failure: IOError?

    /// Seconds until a loop that is not done counts as stuck.
    private static var patience: Int { 60 }

    init(_ engine: Engine, _ script: LoopScript, clockStep: Duration = .zero) throws(IOError) {
        self.engine = engine
        self.clockStep = clockStep
        tasks = script.tasks
        poster = try engine.poster()
        trace = LoopTrace(events: Array(repeating: [], count: tasks.count))
        unfinished = Set(tasks.indices)
        reactions = Array(repeating: [], count: tasks.count)
    }

    /// Runs the loop until every task is done.
    ///
    /// - Throws: what keeps a task from being started.
    func run() throws(IOError) -> LoopTrace {
        try runEndedBefore()
        for index in tasks.indices { try start(tasks[index], index) }
        let alarm = try engine.schedule(after: .seconds(Self.patience)) { [unowned self] _ in giveUp() }
        if unfinished.isEmpty { engine.stop() }
        note(try engine.run(.untilStopped))
        alarm.cancel()
        if let failure { throw failure }
        return trace
    }

    /// A stop or a break that comes first ends the next run at once, and only that.
    private func runEndedBefore() throws(IOError) {
        engine.stop()
        note(try engine.run(.untilStopped))
        engine.breakLoop()
        note(try engine.run(.untilStopped))
    }

    private func note(_ outcome: RunOutcome) {
        trace.ends.append("\(outcome)")
    }

    private func giveUp() {
        trace.violations.append("not done: \(unfinished.sorted().map { "\(tasks[$0])" })")
        engine.breakLoop()
    }

    // MARK: What tasks share

    private func note(_ event: String, _ index: Int) {
        trace.events[index].append(event)
        let now = reactions[index]
        reactions[index] = []
        for reaction in now { reaction() }
    }

    private func finish(_ index: Int) {
        if unfinished.remove(index) == nil { violate("was done already", index) }
        if unfinished.isEmpty { engine.stop() }
    }

    private func violate(_ what: String, _ index: Int) {
        trace.violations.append("task \(index), \(tasks[index]): \(what)")
    }

    /// Runs a step that can fail for want of descriptors or memory.
    private func attempt(_ body: () throws(IOError) -> Void) {
        do throws(IOError) {
            try body()
        } catch {
            failure = error
            engine.breakLoop()
        }
    }

    private func start(_ task: LoopTask, _ index: Int) throws(IOError) {
        switch task {
        case .nothing: finish(index)
        case .timer(let milliseconds): try startTimer(milliseconds, index)
        case .repeating(let milliseconds, let times): try startRepeating(milliseconds, times, index)
        case .timerAfterWork(let milliseconds, let caller):
            reactions[caller].append { [unowned self] in startAfterWork(milliseconds, index) }
        case .cancelled(let caller): try startCancelled(by: caller, index)
        case .posts(let count): post(count, index)
        case .postsFromThread(let count): reactions[0].append { [unowned self] in postFromThread(count, index) }
        case .post(let caller): reactions[caller].append { [unowned self] in post(1, index) }
        case .stream(let pieces, let bytes, let readSize, let isOneShot):
            try startStream(pieces, bytes, readSize, isOneShot, index)
        case .closed(let caller): try startClosed(by: caller, index)
        case .closesItself: try startClosingItself(index)
        case .nestedRun(let caller): reactions[caller].append { [unowned self] in runNested(index) }
        }
    }

    // MARK: Timers

    private func startTimer(_ milliseconds: Int, _ index: Int) throws(IOError) {
        let delay = Duration.milliseconds(milliseconds)
        let before = MonotonicInstant.now
        try engine.schedule(after: delay) { [unowned self] _ in fire(index) }
        let after = MonotonicInstant.now
        due[index] = Due(earliest: before.advanced(by: delay), latest: after.advanced(by: delay))
    }

    private func fire(_ index: Int) {
        guard let mine = due.removeValue(forKey: index) else { return violate("fired twice", index) }
        checkNotEarly(mine.earliest, index)
        for (other, theirs) in due where theirs.latest.advanced(by: clockStep) < mine.earliest {
            violate("fired before the earlier task \(other)", index)
        }
        note("fired", index)
        finish(index)
    }

    private func checkNotEarly(_ earliest: MonotonicInstant, _ index: Int) {
        let now = MonotonicInstant.now
        if now < earliest { violate("fired \(now.duration(to: earliest)) too early", index) }
    }

    private func startRepeating(_ milliseconds: Int, _ times: Int, _ index: Int) throws(IOError) {
        let period = Duration.milliseconds(milliseconds)
        let start = MonotonicInstant.now
        var count = 0
        try engine.schedule(after: period, every: period) { [unowned self] registration in
            count += 1
            if count > times { return violate("fired after it was cancelled", index) }
            checkNotEarly(start.advanced(by: period), index)
            note("fired", index)
            guard count == times else { return }
            registration.cancel()
            finish(index)
        }
    }

    private func startAfterWork(_ milliseconds: Int, _ index: Int) {
        let time = Duration.milliseconds(milliseconds)
        let end = MonotonicInstant.now.advanced(by: time)
        while MonotonicInstant.now < end {}
        attempt { () throws(IOError) in try startTimer(milliseconds, index) }
    }

    private func startCancelled(by caller: Int, _ index: Int) throws(IOError) {
        let registration = try engine.schedule(after: .seconds(3600)) { [unowned self] _ in
            violate("fired although it was cancelled", index)
        }
        reactions[caller].append { [unowned self] in
            registration.cancel()
            registration.cancel()
            note("cancelled", index)
            finish(index)
        }
    }

    // MARK: Posts

    private func post(_ count: Int, _ index: Int) {
        let reference = Reference(runner: self)
        for number in 0..<count {
            poster.post { _ in reference.runner.posted(number, of: count, index) }
        }
    }

    private func postFromThread(_ count: Int, _ index: Int) {
        let reference = Reference(runner: self)
        let poster = poster
        attempt { () throws(IOError) in
            try startThread {
                for number in 0..<count {
                    poster.post { _ in reference.runner.posted(number, of: count, index) }
                }
            }
        }
    }

    private func posted(_ number: Int, of count: Int, _ index: Int) {
        note("post \(number)", index)
        if number == count - 1 { finish(index) }
    }

    // MARK: Streams

    /// A watched end; the other is kept to write to.
    private func watchPair(
        _ index: Int,
        _ trigger: Trigger,
        _ handler: @escaping (Engine.Watch) -> Void
    ) throws(IOError) -> Engine.Watch {
        let pair = try Socket.pair()
        return try pair.split { first, second throws(IOError) in
            writers[index] = SharedDescriptor(second.intoDescriptor())
            return try engine.watch(first, for: .readable, trigger: trigger) { watch, _ in handler(watch) }
        }
    }

    private func write(_ count: Int, _ index: Int) {
        guard let number = writers[index]?.descriptor.fileDescriptor.rawValue else { return }
        let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: count)
        let result = unsafe bytes.withUnsafeBytes { unsafe clinux_send_quietly(number, $0.baseAddress, $0.count) }
        if result != count { violate("a write of \(count) bytes took \(result)", index) }
    }

    /// What one read of a watched stream gave; 0 at its end.
    private func read(_ watch: Engine.Watch, _ count: Int) -> Int {
        var buffer = [UInt8](repeating: 0, count: count)
        let number = watch.socket.fileDescriptor.rawValue
        return unsafe buffer.withUnsafeMutableBytes { unsafe clinux_read(number, $0.baseAddress, $0.count) }
    }

    private func startStream(
        _ pieces: Int,
        _ bytes: Int,
        _ readSize: Int,
        _ isOneShot: Bool,
        _ index: Int
    ) throws(IOError) {
        var total = 0
        var isOver = false
        _ = try watchPair(index, isOneShot ? .levelOneShot : .level) { [unowned self] watch in
            guard !isOver else { return violate("called after its close", index) }
            let count = read(watch, readSize)
            guard count <= 0 else {
                total += count
                if total == count { note("opened", index) }
                if isOneShot { attempt { () throws(IOError) in try watch.setInterest(.readable) } }
                return
            }
            isOver = true
            watch.close()
            note("end after \(total) bytes", index)
            finish(index)
        }
        try writePiece(pieces, bytes, index)
    }

    private func writePiece(_ left: Int, _ bytes: Int, _ index: Int) throws(IOError) {
        try engine.schedule(after: .milliseconds(1)) { [unowned self] _ in
            guard left > 0 else {
                writers[index] = nil
                return
            }
            write(bytes, index)
            attempt { () throws(IOError) in try writePiece(left - 1, bytes, index) }
        }
    }

    private func startClosed(by caller: Int, _ index: Int) throws(IOError) {
        var isClosed = false
        let watch = try watchPair(index, .level) { [unowned self] _ in
            if isClosed { violate("called after its close", index) }
        }
        write(1, index)
        reactions[caller].append { [unowned self] in
            watch.close()
            isClosed = true
            note("closed", index)
            finish(index)
        }
    }

    private func startClosingItself(_ index: Int) throws(IOError) {
        var isClosed = false
        _ = try watchPair(index, .level) { [unowned self] watch in
            guard !isClosed else { return violate("called after its close", index) }
            isClosed = true
            note("read \(read(watch, 1))", index)
            watch.close()
            watch.close()
            finish(index)
        }
        write(10, index)
    }

    private func runNested(_ index: Int) {
        do throws(IOError) {
            try engine.run(.withoutWaiting)
            note("ran", index)
        } catch {
            note("\(error.code)", index)
        }
        finish(index)
    }
}
