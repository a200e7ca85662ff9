/// How a wait was begun, and what ends it.
public enum WaitCase: String, CaseIterable, Hashable, Sendable {
    /// A limit of 0, and nothing is ready.
    case zero
    /// A limit of 20 ms, and nothing becomes ready.
    case expiring
    /// No limit; the descriptor becomes ready after 20 ms.
    case endless
    /// No limit; a signal comes after 20 ms, whose handler was set with SA_RESTART.
    case interrupted

    /// After how long something happens, in nanoseconds.
    static let delay: Int64 = 20_000_000

    /// The time limit in nanoseconds; negative for none.
    var limit: Int64 {
        switch self {
        case .zero: 0
        case .expiring: Self.delay
        case .endless, .interrupted: -1
        }
    }
}
