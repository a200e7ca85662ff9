internal import Multiplexing
internal import Readiness
internal import Sockets

/// Who waits while the cost of an event is measured.
public enum WakeUpSubject: String, CaseIterable, Hashable, Sendable {
    case select, poll, epoll
    case epollEdge = "epoll, edge"

    /// Measures the cost of an event for each number of active ones, with a multiplexer made for it.
    func measure(_ pairs: inout PairRow, active: [Int]) throws(IOError) -> [WakeUpSample] {
        switch self {
        case .select: try Self.measure(&pairs, active, on: try Select(), .level)
        case .poll: try Self.measure(&pairs, active, on: try Poll(), .level)
        case .epoll: try Self.measure(&pairs, active, on: try Epoll(), .level)
        case .epollEdge: try Self.measure(&pairs, active, on: try Epoll(), .edge)
        }
    }

    private static func measure<Mux: Multiplexer & ~Copyable>(
        _ pairs: inout PairRow,
        _ active: [Int],
        on multiplexer: consuming Mux,
        _ trigger: Trigger
    ) throws(IOError) -> [WakeUpSample] {
        var multiplexer = multiplexer
        try pairs.register(with: &multiplexer, trigger)
        var samples: [WakeUpSample] = []
        for count in active {
            var rounds = try WakeUpRounds(active: count, of: pairs.count)
            samples.append(try rounds.sample(&pairs, on: &multiplexer))
        }
        return samples
    }
}
