internal import SeededRandom

/// Tasks for a loop, made from a seed.
package struct LoopScript: Hashable, Sendable {
    package let tasks: [LoopTask]

    package init(_ tasks: [LoopTask]) {
        self.tasks = tasks
    }

    package init(seed: UInt64, count: Int) {
        var random = RepeatableRandom(seed: seed)
        var tasks: [LoopTask] = [.timer(milliseconds: 1)]
        // Only what is certain to call back can be told to do something.
        var callers = [0]
        for index in 1..<max(count, 2) {
            let task = Self.task(by: callers[random.below(callers.count)], &random)
            if task.callsBack { callers.append(index) }
            tasks.append(task)
        }
        self.tasks = tasks
    }

    /// The same without what does nothing, but for the first task, on which others may rely.
    var compacted: LoopScript {
        var places: [Int: Int] = [:]
        var kept: [LoopTask] = []
        for (index, task) in tasks.enumerated() where task != .nothing || index == 0 {
            places[index] = kept.count
            kept.append(task.caller.map { task.called(by: places[$0] ?? 0) } ?? task)
        }
        return LoopScript(kept)
    }

    /// The same without what a loop cannot be given, and without what only that would have called back.
    func limited(to engine: EngineName) -> LoopScript {
        var left: Set<Int> = []
        let limited = tasks.enumerated().map { index, task in
            if engine.takes(task), task.caller.map({ !left.contains($0) }) ?? true { return task }
            left.insert(index)
            return LoopTask.nothing
        }
        return LoopScript(limited)
    }

    private static func task(by caller: Int, _ random: inout RepeatableRandom) -> LoopTask {
        switch random.below(12) {
        case 0..<2: .timer(milliseconds: random.below(20))
        case 2: .repeating(milliseconds: random.number(in: 1...5), times: random.number(in: 1...5))
        case 3: .timerAfterWork(milliseconds: random.number(in: 2...5), by: caller)
        case 4: .cancelled(by: caller)
        case 5: .posts(count: random.number(in: 1...20))
        case 6: .postsFromThread(count: random.number(in: 1...20))
        case 7: .post(by: caller)
        case 8:
            .stream(
                pieces: random.number(in: 1...5),
                bytes: random.number(in: 1...5000),
                readSize: random.number(in: 1...4096),
                isOneShot: random.below(2) == 0
            )
        case 9: .closed(by: caller)
        case 10: .closesItself
        default: .nestedRun(by: caller)
        }
    }
}

extension LoopTask {
    /// Whether its first callback comes by itself, so that it can be told to do something for another task.
    var callsBack: Bool {
        switch self {
        case .timer, .repeating, .posts, .stream: true
        default: false
        }
    }

    /// The same for another caller, if it has one.
    func called(by caller: Int) -> LoopTask {
        switch self {
        case .timerAfterWork(let milliseconds, _): .timerAfterWork(milliseconds: milliseconds, by: caller)
        case .cancelled: .cancelled(by: caller)
        case .post: .post(by: caller)
        case .closed: .closed(by: caller)
        case .nestedRun: .nestedRun(by: caller)
        default: self
        }
    }

    /// The task whose first callback this one needs.
    var caller: Int? {
        switch self {
        case .timerAfterWork(_, let caller), .cancelled(let caller), .post(let caller), .closed(let caller),
            .nestedRun(let caller):
            caller
        case .postsFromThread: 0
        default: nil
        }
    }
}
