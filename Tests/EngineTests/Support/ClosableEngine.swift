import Libevent
import Multiplexing
import Readiness

/// Every engine can be ended before it goes away; the protocol that they share does not ask for it.
protocol ClosableEngine: EventEngine {
    func close()
}

extension EventBase: ClosableEngine {}
extension Reactor: ClosableEngine where Mux: ~Copyable {}
