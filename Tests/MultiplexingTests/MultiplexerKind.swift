import Multiplexing
import Readiness
import Sockets
import Testing

/// Every multiplexer, for tests of what they do alike.
enum MultiplexerKind: String, CaseIterable, Codable, CustomTestStringConvertible {
    case select, poll, epoll

    var testDescription: String { rawValue }

    /// The triggers that it is known to offer.
    var triggers: [Trigger] {
        self == .epoll ? Trigger.allCases : [.level, .levelOneShot]
    }

    /// What can be asked of it, all together.
    var everyInterest: Interest {
        self == .select ? [.readable, .writable, .priority] : [.readable, .writable, .priority, .peerClosed]
    }

    func make() throws(IOError) -> AnyMultiplexer {
        try AnyMultiplexer(self)
    }

    /// Runs a test on a new one.
    func run(_ test: some MultiplexerTest) throws {
        switch self {
        case .select:
            var select = try Select()
            try test.run(&select)
        case .poll:
            var poll = try Poll()
            try test.run(&poll)
        case .epoll:
            var epoll = try Epoll()
            try test.run(&epoll)
        }
    }
}

/// A test that is written once for all multiplexers.
protocol MultiplexerTest {
    func run(_ multiplexer: inout some Multiplexer & ~Copyable) throws
}

extension Multiplexer where Self: ~Copyable {
    /// The events that are ready now, in the order in which they are handed out.
    mutating func readyNow(capacity: Int = 64) throws -> [EventBatch.Event] {
        var batch = try EventBatch(capacity: capacity)
        try wait(into: &batch, upTo: .zero)
        return batch.rest()
    }

    /// The events of one wait, which has to bring some.
    mutating func nextEvents(sourceLocation: SourceLocation = #_sourceLocation) throws -> [EventBatch.Event] {
        var batch = try EventBatch(capacity: 64)
        let count = try wait(into: &batch, upTo: patience)
        #expect(count > 0, "no event came", sourceLocation: sourceLocation)
        return batch.rest()
    }
}
