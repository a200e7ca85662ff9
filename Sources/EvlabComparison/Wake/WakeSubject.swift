internal import CLinux
internal import Libevent
internal import Multiplexing
public import Sockets

/// What another thread can wake.
public enum WakeSubject: String, CaseIterable, Sendable {
    case cEvent = "c-event"
    case cEpoll = "c-epoll"
    case eventBase = "event-base"
    case epoll, reactor

    /// The bench.
    ///
    /// - Parameter cores: the calling thread is pinned to the server's, for good, and the one that wakes it to the generator's.
    public func bench(pinnedTo cores: Cores?) throws(IOError) -> WakeBench {
        // Where both share a core, a switch between them is measured instead. A thread inherits the core on which it is started.
        if let core = cores?.generator { _ = clinux_pin_to_core(CInt(core)) }
        let rounds = try rounds()
        if let core = cores?.server { _ = clinux_pin_to_core(CInt(core)) }
        return WakeBench(on: rounds)
    }

    private func rounds() throws(IOError) -> any WakeRounds {
        switch self {
        case .cEvent: try BaselineWakes(method: "epoll")
        case .cEpoll: try BaselineWakes(method: nil)
        case .eventBase: try EngineWakes(on: try EventBase())
        case .epoll: try EpollWakes()
        case .reactor: try EngineWakes(on: try Reactor(Epoll()))
        }
    }
}
