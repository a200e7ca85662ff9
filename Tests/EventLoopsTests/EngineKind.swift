import EventLoops
import Libevent
import Testing

/// The engines, and the methods of each, that every test is run on.
enum EngineKind: String, CaseIterable, Codable, CustomTestStringConvertible {
    case native, nativePoll, nativeSelect, libevent, libeventChangelist, libeventPoll, libeventSelect

    var engine: LoopEngine {
        switch self {
        case .native: .native
        case .nativePoll: .native(.poll)
        case .nativeSelect: .native(.select)
        case .libevent: .libevent
        case .libeventChangelist: .libevent(EventConfiguration(method: .epollChangelist))
        case .libeventPoll: .libevent(EventConfiguration(method: .poll))
        case .libeventSelect: .libevent(EventConfiguration(method: .select))
        }
    }

    /// Whether a reset is noticed while nothing is read.
    var noticesResets: Bool { ![.nativeSelect, .libeventSelect, .libeventChangelist].contains(self) }

    var testDescription: String { rawValue }
}
