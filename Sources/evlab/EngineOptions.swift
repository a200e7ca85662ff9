internal import ArgumentParser
internal import EventLoops
internal import Libevent
internal import Multiplexing
internal import Readiness
internal import Sockets

/// The options that say what a demonstration runs on.
struct EngineOptions: ParsableArguments {
    @Option(help: "Who waits for the kernel: this package alone (native), or libevent.")
    var engine = Engine.native
    @OptionGroup var method: MethodOption

    func validate() throws {
        guard engine == .native, method.method == .epollChangelist else { return }
        throw ValidationError(
            "--method epoll-changelist is libevent's own: use epoll, poll or select, or --engine libevent"
        )
    }

    /// The loop that was chosen.
    func make() throws -> any EventEngine {
        try engine.make(method.usable())
    }

    /// The same, for a loop that runs tasks.
    func makeLoopEngine() throws -> LoopEngine {
        try engine.makeLoopEngine(method.usable())
    }
}

extension Engine {
    /// A loop: the one place of the commands that chooses. Hand it to a function that is generic over its engine, and one
    /// source serves all.
    func make(_ method: Method) throws(IOError) -> any EventEngine {
        switch (self, method) {
        case (.libevent, _): try EventBase(method.makeConfiguration())
        case (.native, .poll): try Reactor(Poll())
        case (.native, .select): try Reactor(Select())
        case (.native, _): try Reactor(Epoll())
        }
    }

    /// A loop that runs tasks.
    func makeLoopEngine(_ method: Method) throws(IOError) -> LoopEngine {
        switch (self, method) {
        case (.libevent, _): .libevent(try method.makeConfiguration())
        case (.native, .poll): .native(.poll)
        case (.native, .select): .native(.select)
        case (.native, _): .native
        }
    }
}

extension Method {
    /// Libevent's configuration for the method.
    func makeConfiguration() throws(IOError) -> EventConfiguration {
        guard let method = EventMethod(rawValue: rawValue) else {
            throw IOError("EventBase", .unsupported, detail: "libevent has no method \(rawValue)")
        }
        return EventConfiguration(method: method)
    }
}
