import Libevent
import Readiness
import Sockets
import Testing

/// Every way in which a base can be made: the suites run over all of them.
enum TestBase: CaseIterable, CustomTestStringConvertible {
    case epoll, epollChangelist, poll, select, epollWithLocks

    static let edgeTriggered: [TestBase] = [.epoll, .epollChangelist, .epollWithLocks]

    var testDescription: String { "\(self)" }

    var configuration: EventConfiguration {
        switch self {
        case .epoll: return EventConfiguration(method: .epoll)
        case .epollChangelist: return EventConfiguration(method: .epollChangelist)
        case .poll: return EventConfiguration(method: .poll)
        case .select: return EventConfiguration(method: .select)
        case .epollWithLocks:
            var configuration = EventConfiguration(method: .epoll)
            configuration.flags.remove(.noLock)
            return configuration
        }
    }

    func make(priorities: Int = 1) throws -> EventBase {
        var configuration = self.configuration
        configuration.priorities = priorities
        return try EventBase(configuration)
    }
}

extension EventBase {
    /// Runs until the condition holds; a deadline ends a test that would wait for ever.
    func run(
        until condition: @escaping () -> Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(120)
        // What the condition asks for may come about without a call of the base's, such as at the other end of a socket.
        let look = try schedule(after: .milliseconds(50), every: .milliseconds(50)) { _ in }
        defer { look.cancel() }
        while !condition() {
            guard clock.now < deadline else {
                Issue.record("the condition did not come true in time", sourceLocation: sourceLocation)
                return
            }
            try run(.once)
        }
    }

    /// Turns that do not wait, enough for everything that is ready to be reported several times.
    func runWithoutWaiting(turns: Int = 5) throws {
        for _ in 0..<turns { try run(.withoutWaiting) }
    }
}
