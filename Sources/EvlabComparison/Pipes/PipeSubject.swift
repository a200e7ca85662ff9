internal import CBaselines
internal import Libevent
internal import Multiplexing
internal import Readiness
public import Sockets
internal import SystemPackage

/// What the pipe workloads can be run on.
public enum PipeSubject: String, CaseIterable, Sendable {
    case cEvent = "c-event"
    case cEventPoll = "c-event-poll"
    case cEventSelect = "c-event-select"
    case cEpoll = "c-epoll"
    case event
    case eventPoll = "event-poll"
    case eventSelect = "event-select"
    case epoll, poll, select, reactor

    /// The bench for a setting of pipes or of cascade.
    public func bench(_ setting: Setting) throws(IOError) -> PipeBench {
        PipeBench(setting, on: try rounds(pairs: setting.n, isWatched: setting.workload == .pipes))
    }

    private func rounds(pairs: Int, isWatched: Bool) throws(IOError) -> any PipeRounds {
        switch self {
        case .cEvent: try BaselinePipes(pairs: pairs, isWatched: isWatched, method: "epoll")
        case .cEventPoll: try BaselinePipes(pairs: pairs, isWatched: isWatched, method: "poll")
        case .cEventSelect: try BaselinePipes(pairs: pairs, isWatched: isWatched, method: "select")
        case .cEpoll: try BaselinePipes(pairs: pairs, isWatched: isWatched, method: nil)
        case .event: try onLibevent(.epoll, pairs, isWatched)
        case .eventPoll: try onLibevent(.poll, pairs, isWatched)
        case .eventSelect: try onLibevent(.select, pairs, isWatched)
        case .epoll: try MultiplexerPipes(pairs: pairs, isWatched: isWatched, on: try Epoll())
        case .poll: try MultiplexerPipes(pairs: pairs, isWatched: isWatched, on: try Poll())
        case .select: try MultiplexerPipes(pairs: pairs, isWatched: isWatched, on: try Select())
        case .reactor: try EnginePipes(pairs: pairs, isWatched: isWatched, on: try Reactor(Epoll()))
        }
    }

    private func onLibevent(
        _ method: EventMethod,
        _ pairs: Int,
        _ isWatched: Bool
    ) throws(IOError) -> any PipeRounds {
        let base = try EventBase(EventConfiguration(method: method))
        return try EnginePipes(pairs: pairs, isWatched: isWatched, on: base)
    }

    /// Runs so many rounds.
    ///
    /// - Returns: the bytes that were read.
    public func run(pairs: Int, active: Int, writes: Int, rounds: Int) throws(IOError) -> Int {
        let pipes = try self.rounds(pairs: pairs, isWatched: true)
        var bytes = 0
        for _ in 0..<rounds { bytes += try pipes.run(active: active, writes: writes) }
        return bytes
    }
}
