internal import EventLoops
internal import Multiplexing
internal import Sockets

/// Gives the tasks of a script to an `EventLoop`, each as a task of its own, and writes down what comes of them. It lives on
/// the loop.
actor TaskRunner {
    private let loop: EventLoop
    private let tasks: [LoopTask]
    private var trace: LoopTrace
    private var unfinished: Set<Int>
    /// What the first event of a task does for others.
    private var reactions: [[(isolated TaskRunner) -> Void]]
    private var end: CheckedContinuation<Void, Never>?

    /// Until a loop that is not done counts as stuck.
    private static let patience = Duration.seconds(60)

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.unownedSerialExecutor }

    init(_ loop: EventLoop, _ script: LoopScript) {
        self.loop = loop
        tasks = script.tasks
        trace = LoopTrace(events: Array(repeating: [], count: tasks.count))
        unfinished = Set(tasks.indices)
        reactions = Array(repeating: [], count: tasks.count)
    }

    /// Runs until every task is done.
    func run() async -> LoopTrace {
        for index in tasks.indices { start(tasks[index], index) }
        let alarm = start { runner in
            guard (try? await runner.loop.sleep(for: Self.patience)) != nil else { return }
            await runner.giveUp()
        }
        await withCheckedContinuation { end in
            self.end = end
            endIfDone()
        }
        alarm.cancel()
        return trace
    }

    private func giveUp() {
        trace.violations.append("not done: \(unfinished.sorted().map { "\(tasks[$0])" })")
        unfinished = []
        endIfDone()
    }

    private func endIfDone() {
        if unfinished.isEmpty { end.take()?.resume() }
    }

    // MARK: What tasks share

    @discardableResult
    private nonisolated func start(_ body: @escaping @Sendable (TaskRunner) async -> Void) -> Task<Void, Never> {
        Task(executorPreference: loop) { await body(self) }
    }

    private func note(_ event: String, _ index: Int) {
        if !loop.isCurrent { violate("ran elsewhere than on the loop", index) }
        trace.events[index].append(event)
        let now = reactions[index]
        reactions[index] = []
        for reaction in now { reaction(self) }
    }

    private func finish(_ index: Int) {
        if unfinished.remove(index) == nil { violate("was done already", index) }
        endIfDone()
    }

    private func violate(_ what: String, _ index: Int) {
        trace.violations.append("task \(index), \(tasks[index]): \(what)")
    }

    private func react(to caller: Int, _ body: @escaping (isolated TaskRunner) -> Void) {
        reactions[caller].append(body)
    }

    private func start(_ task: LoopTask, _ index: Int) {
        switch task {
        case .timer(let milliseconds): startTimer(milliseconds, index)
        case .repeating(let milliseconds, let times): startRepeating(milliseconds, times, index)
        case .timerAfterWork(let milliseconds, let caller):
            react(to: caller) { runner in runner.startAfterWork(milliseconds, index) }
        case .cancelled(let caller): startCancelled(by: caller, index)
        case .posts(let count): post(count, index)
        case .postsFromThread(let count): react(to: 0) { runner in runner.postFromThread(count, index) }
        case .post(let caller): react(to: caller) { runner in runner.post(1, index) }
        // The script is without what a loop of tasks cannot be given.
        case .nothing, .stream, .closed, .closesItself, .nestedRun: finish(index)
        }
    }

    // MARK: Timers

    private func startTimer(_ milliseconds: Int, _ index: Int) {
        let delay = Duration.milliseconds(milliseconds)
        start { runner in
            let start = MonotonicInstant.now
            let slept = (try? await runner.loop.sleep(for: delay)) != nil
            await runner.fire(slept, start.advanced(by: delay), index)
        }
    }

    private func fire(_ slept: Bool, _ earliest: MonotonicInstant, _ index: Int) {
        if !slept { violate("failed although nobody cancelled it", index) }
        checkNotEarly(earliest, index)
        note("fired", index)
        finish(index)
    }

    private func checkNotEarly(_ earliest: MonotonicInstant, _ index: Int) {
        let now = MonotonicInstant.now
        if now < earliest { violate("fired \(now.duration(to: earliest)) too early", index) }
    }

    private func startRepeating(_ milliseconds: Int, _ times: Int, _ index: Int) {
        let period = Duration.milliseconds(milliseconds)
        start { runner in
            let start = MonotonicInstant.now
            var count = 0
            for await tick in runner.loop.interval(every: period) {
                count += 1
                await runner.ticked(start.advanced(by: period * tick), index)
                if count == times { break }
            }
            await runner.finish(index)
        }
    }

    private func ticked(_ earliest: MonotonicInstant, _ index: Int) {
        checkNotEarly(earliest, index)
        note("fired", index)
    }

    private func startAfterWork(_ milliseconds: Int, _ index: Int) {
        let end = MonotonicInstant.now.advanced(by: .milliseconds(milliseconds))
        while MonotonicInstant.now < end {}
        startTimer(milliseconds, index)
    }

    private func startCancelled(by caller: Int, _ index: Int) {
        let task = start { runner in
            do throws(IOError) {
                try await runner.loop.sleep(for: .seconds(3600))
                await runner.ended("fired although it was cancelled", index)
            } catch {
                await runner.ended(error.code == .cancelled ? "cancelled" : "\(error)", index)
            }
        }
        react(to: caller) { _ in
            task.cancel()
            task.cancel()
        }
    }

    private func ended(_ event: String, _ index: Int) {
        note(event, index)
        finish(index)
    }

    // MARK: Posts

    private nonisolated func post(_ count: Int, _ index: Int) {
        for number in 0..<count {
            start { runner in await runner.posted(number, of: count, index) }
        }
    }

    private func postFromThread(_ count: Int, _ index: Int) {
        do throws(IOError) {
            try startThread { self.post(count, index) }
        } catch {
            violate("no thread: \(error)", index)
            finish(index)
        }
    }

    private func posted(_ number: Int, of count: Int, _ index: Int) {
        note("post \(number)", index)
        if number == count - 1 { finish(index) }
    }
}
