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
    public func bench() throws(IOError) -> WakeBench {
        // The thread that wakes has a core of its own: where both share one, a switch between them is measured instead.
        // It inherits the core on which it is started.
        let cores = Cores.current
        if let core = cores.generator { _ = clinux_pin_to_core(CInt(core)) }
        let rounds = try rounds()
        if let core = cores.server { _ = clinux_pin_to_core(CInt(core)) }
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
