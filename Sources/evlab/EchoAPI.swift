internal import ArgumentParser
internal import Readiness

/// What an echo server is written on.
enum EchoAPI: String, CaseIterable, ExpressibleByArgument {
    case bufferevent, event, multiplexer, reactor, chunks, async

    var engine: Engine {
        switch self {
        case .bufferevent, .event: .libevent
        case .multiplexer, .reactor, .chunks, .async: .native
        }
    }

    /// Whether it runs on the other engine too.
    var hasBothEngines: Bool { self == .chunks || self == .async }

    var defaultTrigger: Trigger {
        self == .multiplexer ? .edge : .level
    }
}
