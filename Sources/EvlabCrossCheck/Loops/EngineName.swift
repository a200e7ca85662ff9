/// The loops that make the same promises.
package enum EngineName: String, Hashable, Sendable, CaseIterable {
    case libeventEpoll = "libevent on epoll"
    case libeventChangelist = "libevent on epoll with a change list"
    case libeventPoll = "libevent on poll"
    case libeventSelect = "libevent on select"
    case reactorEpoll = "the reactor on epoll"
    case reactorPoll = "the reactor on poll"
    case reactorSelect = "the reactor on select"
    case nativeTasks = "tasks on an event loop, native"
    case libeventTasks = "tasks on an event loop, on libevent"

    /// Loops of tasks have no callbacks of streams, no runs that could be nested, and nothing that stops them but their end.
    private var isForTasks: Bool { self == .nativeTasks || self == .libeventTasks }

    /// Whether the loop can be given a task.
    func takes(_ task: LoopTask) -> Bool {
        guard isForTasks else { return true }
        return switch task {
        case .nothing, .timer, .repeating, .timerAfterWork, .cancelled, .posts, .postsFromThread, .post: true
        case .stream, .closed, .closesItself, .nestedRun: false
        }
    }

    /// Whether its runs end in ways that can be told apart.
    var hasEnds: Bool { !isForTasks }
}
