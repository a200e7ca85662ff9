import Libevent
import Readiness
import Sockets
import Synchronization
import Testing

@Suite struct EventBaseAskingTests {
    @Test(arguments: TestBase.allCases)
    func countsFollowTheEvents(kind: TestBase) throws {
        let base = try kind.make()
        #expect(base.counts == base.highestCounts())
        let before = base.counts.added
        let timers = try (0..<3).map { _ in try base.schedule(after: .seconds(100)) { _ in } }
        #expect(base.counts.added == before + 3)
        let user = try Event.user(on: base) { _, _ in }
        try user.activate()
        #expect(base.counts.active == 1)
        user.close()
        timers.forEach { $0.cancel() }
        #expect(base.counts.added == before)
        #expect(base.counts.active == 0)
        #expect(base.highestCounts(reset: true).added >= before + 3)
        #expect(base.highestCounts().added == before)
    }

    /// A cached time is that at which the turn began; timeouts that count from it end too early.
    @Test(.bug(id: "timeout-from-a-stale-clock"), arguments: TestBase.allCases)
    func theTimeOfABaseAdvancesInACallback(kind: TestBase) throws {
        let base = try kind.make()
        var times: [Duration] = []
        try base.schedule(after: .zero) { [unowned base] _ in
            times.append(base.cachedTime)
            let until = base.monotonicTime + .milliseconds(2)
            while base.monotonicTime < until {}
            times.append(base.cachedTime)
            base.updateCachedTime()
        }
        try base.run(until: { times.count == 2 })
        #expect(times[0] < times[1])
    }

    /// What libevent would print about a failure reaches the handler, and the caller has a typed error.
    @Test func whatLibeventSaysGoesToTheHandler() throws {
        let messages = Messages()
        LibeventLog.setHandler { _, message in messages.append(message) }
        defer { LibeventLog.setHandler(nil) }
        var configuration = EventConfiguration()
        configuration.avoidedMethods = Set(EventMethod.allCases)
        #expect(throws: IOError.self) { try EventBase(configuration) }
        #expect(messages.all.contains { $0.contains("no event mechanism") })
    }

    /// Other tests' bases speak too, on threads of theirs.
    private final class Messages: Sendable {
        private let texts = Mutex<[String]>([])

        func append(_ text: String) {
            texts.withLock(of: self) { $0.append(text) }
        }

        var all: [String] { texts.withLock(of: self) { $0 } }
    }
}
