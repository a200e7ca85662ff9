package import EventLoops
package import Libevent
package import Readiness

/// A demonstration that serves, in one of the ways in which it can.
package struct ServerName: Hashable, Sendable {
    /// What it is written on.
    package enum Interface: Hashable, Sendable {
        case bufferevents(EventMethod)
        case callbacks(Waiting, Trigger)
        case multiplexer(Trigger)
        case chunks(Waiting)
        case tasks(Waiting)
    }

    /// With which engine a loop waits, and by which of its methods.
    package enum Waiting: Hashable, Sendable {
        case native(LoopEngine.Method)
        case libevent(EventMethod)
    }

    package let service: Service
    package let interface: Interface

    package init(_ service: Service, _ interface: Interface) {
        self.service = service
        self.interface = interface
    }

    /// Every way in which a demonstration serves streams.
    package static let all = echo + chat

    private static let echo: [ServerName] = interfaces.map { ServerName(.echo, $0) }
    private static let chat: [ServerName] = (levels + waitings.map { .tasks($0) }).map { ServerName(.chat, $0) }

    private static let waitings: [Waiting] =
        LoopEngine.Method.allCases.map { .native($0) } + EventMethod.allCases.map { .libevent($0) }

    private static let levels: [Interface] = waitings.map { .callbacks($0, .level) }

    private static let otherTriggers: [Trigger] = [.edge, .levelOneShot, .edgeOneShot]

    private static let triggered: [Interface] =
        otherTriggers.flatMap { trigger in
            [.callbacks(.native(.epoll), trigger), .callbacks(.libevent(.epoll), trigger), .multiplexer(trigger)]
        } + [.callbacks(.libevent(.epollChangelist), .edge)]

    private static let interfaces: [Interface] =
        levels + triggered + [.multiplexer(.level)] + EventMethod.allCases.map { .bufferevents($0) }
        + waitings.map { .chunks($0) } + waitings.map { .tasks($0) }
}

extension ServerName: CustomStringConvertible {
    package var description: String { "\(service.rawValue), \(interface)" }
}

extension ServerName.Interface: CustomStringConvertible {
    package var description: String {
        switch self {
        case .bufferevents(let method): "bufferevents on libevent's \(method.rawValue)"
        case .callbacks(let waiting, let trigger): "callbacks on \(waiting), \(trigger)"
        case .multiplexer(let trigger): "bare epoll, \(trigger)"
        case .chunks(let waiting): "chunks on \(waiting)"
        case .tasks(let waiting): "tasks on \(waiting)"
        }
    }
}

extension ServerName.Waiting: CustomStringConvertible {
    package var description: String {
        switch self {
        case .native(let method): "\(method)"
        case .libevent(let method): "libevent's \(method.rawValue)"
        }
    }
}
