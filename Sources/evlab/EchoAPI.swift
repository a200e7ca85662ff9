internal import ArgumentParser
internal import Readiness

/// What an echo server is written on.
enum EchoAPI: String, CaseIterable, ExpressibleByArgument {
    case bufferevent, event, multiplexer

    var engine: Engine {
        self == .multiplexer ? .native : .libevent
    }

    var defaultTrigger: Trigger {
        self == .multiplexer ? .edge : .level
    }
}
