internal import EventLoops
internal import Libevent
internal import Multiplexing
package import Sockets

extension EngineName {
    /// Runs a script on a new loop.
    ///
    /// - Throws: `noDescriptors`, `noMemory`.
    package func trace(of script: LoopScript) throws(IOError) -> LoopTrace {
        switch self {
        case .libeventEpoll: try Self.trace(of: script, .epoll)
        case .libeventChangelist: try Self.trace(of: script, .epollChangelist)
        case .libeventPoll: try Self.trace(of: script, .poll)
        case .libeventSelect: try Self.trace(of: script, .select)
        case .reactorEpoll: try LoopRunner(Reactor(Epoll()), script).run()
        case .reactorPoll: try LoopRunner(Reactor(Poll()), script).run()
        case .reactorSelect: try LoopRunner(Reactor(Select()), script).run()
        case .nativeTasks: try Self.trace(of: script, .native)
        case .libeventTasks: try Self.trace(of: script, .libevent)
        }
    }

    private static func trace(of script: LoopScript, _ method: EventMethod) throws(IOError) -> LoopTrace {
        // Libevent's timers know nothing shorter, and its heap keeps no order among equals.
        try LoopRunner(EventBase(EventConfiguration(method: method)), script, clockStep: .microseconds(1)).run()
    }

    private static func trace(of script: LoopScript, _ engine: LoopEngine) throws(IOError) -> LoopTrace {
        do {
            return try EventLoop.run(engine: engine) { loop in await TaskRunner(loop, script).run() }
        } catch {
            throw error as? IOError ?? IOError("EventLoop.run", .system, detail: "\(error)")
        }
    }
}
