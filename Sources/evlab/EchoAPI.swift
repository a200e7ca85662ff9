internal import ArgumentParser
internal import Readiness

/// What an echo server is written on.
enum EchoAPI: String, CaseIterable, ExpressibleByArgument {
    case bufferevent, event, multiplexer, reactor

    var engine: Engine {
        self == .multiplexer || self == .reactor ? .native : .libevent
    }

    var defaultTrigger: Trigger {
        self == .multiplexer ? .edge : .level
    }
}
