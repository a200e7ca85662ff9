import EvlabCrossCheck

/// The ways in which what came of a loop's script is distorted, to see that it is found out.
enum LoopMutant: CaseIterable, Sendable {
    case losesAPost, repeatsATimer, swapsPosts, allowsNestedRuns, forgetsToStop
    case losesAPostOfTasks, repeatsATimerOfTasks, swapsPostsOfTasks

    /// Whom it breaks.
    var victim: EngineName {
        switch self {
        case .losesAPost, .repeatsATimer, .swapsPosts, .allowsNestedRuns, .forgetsToStop: .reactorPoll
        case .losesAPostOfTasks, .swapsPostsOfTasks: .nativeTasks
        case .repeatsATimerOfTasks: .libeventTasks
        }
    }

    func distort(_ trace: LoopTrace) -> LoopTrace {
        var trace = trace
        switch self {
        case .losesAPost, .losesAPostOfTasks: change(&trace) { $0.filter { $0 != "post 0" } }
        case .repeatsATimer, .repeatsATimerOfTasks: change(&trace) { $0 == ["fired"] ? ["fired", "fired"] : $0 }
        case .swapsPosts, .swapsPostsOfTasks:
            change(&trace) { $0.prefix(2) == ["post 0", "post 1"] ? $0.reversed() : $0 }
        case .allowsNestedRuns: change(&trace) { $0.map { $0.contains("already running") ? "ran" : $0 } }
        case .forgetsToStop: trace.ends = trace.ends.map { $0 == "stopped" ? "turned" : $0 }
        }
        return trace
    }

    private func change(_ trace: inout LoopTrace, _ body: ([String]) -> [String]) {
        trace.events = trace.events.map(body)
    }
}
