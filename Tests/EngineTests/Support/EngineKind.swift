import Libevent
import Multiplexing
import Readiness
import Testing

/// Every engine on every method: the contract holds for all of them.
enum EngineKind: String, CaseIterable, Codable, CustomTestStringConvertible {
    case libeventEpoll, libeventChangelist, libeventPoll, libeventSelect
    case reactorEpoll, reactorPoll, reactorSelect

    static let edgeTriggered: [EngineKind] = [.libeventEpoll, .libeventChangelist, .reactorEpoll]
    static let withoutEdges = allCases.filter { !edgeTriggered.contains($0) }

    var testDescription: String { rawValue }

    /// Open it with a generic function: `try check(kind.make())`.
    func make() throws -> any EventEngine {
        switch self {
        case .libeventEpoll: try EventBase(EventConfiguration(method: .epoll))
        case .libeventChangelist: try EventBase(EventConfiguration(method: .epollChangelist))
        case .libeventPoll: try EventBase(EventConfiguration(method: .poll))
        case .libeventSelect: try EventBase(EventConfiguration(method: .select))
        case .reactorEpoll: try Reactor(Epoll())
        case .reactorPoll: try Reactor(Poll())
        case .reactorSelect: try Reactor(Select())
        }
    }
}
