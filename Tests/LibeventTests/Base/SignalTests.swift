import Glibc
import Libevent
import Readiness
import Sockets
import Testing

/// One after another, and each with a signal of its own: a signal is the whole process's, and one that arrives when nobody
/// waits for it any more ends the process.
@Suite(.serialized) struct SignalTests {
    @Test func everyBaseThatAsksGetsTheSignal() throws {
        let bases = try TestBase.allCases.map { try $0.make() }
        var calls = [Int](repeating: 0, count: bases.count)
        let signal = Signal(rawValue: 40 + 1)
        for (index, base) in bases.enumerated() {
            try base.onSignal(signal) { _ in calls[index] += 1 }
            try base.onSignal(signal) { _ in calls[index] += 10 }
        }
        kill(getpid(), signal.rawValue)
        for (index, base) in bases.enumerated() { try base.run(until: { calls[index] == 11 }) }
        #expect(calls.allSatisfy { $0 == 11 })
    }

    @Test(arguments: TestBase.allCases)
    func aSignalEventCanBeRemovedAndFreedInItsHandler(kind: TestBase) throws {
        let base = try kind.make()
        let signal = Signal(rawValue: 40 + 2)
        var calls = 0
        try base.onSignal(signal) { own in
            calls += 1
            own.cancel()
        }
        var arrivals = 0
        let another = try base.onSignal(signal) { _ in arrivals += 1 }
        kill(getpid(), signal.rawValue)
        try base.run(until: { arrivals == 1 })
        kill(getpid(), signal.rawValue)
        try base.run(until: { arrivals == 2 })
        #expect(calls == 1)
        another.cancel()
    }

    @Test(arguments: TestBase.allCases)
    func asASignalEventItIsPendingWhileItIsAdded(kind: TestBase) throws {
        let base = try kind.make()
        let event = try Event.signal(Signal(rawValue: 40 + 3), on: base) { _, _ in }
        #expect(!event.isPending)
        try event.add()
        try event.add()
        #expect(event.isPending)
        event.remove()
        #expect(!event.isPending)
    }

    /// It could still call back, so the base is not idle.
    @Test(arguments: TestBase.allCases)
    func aSignalThatIsAwaitedKeepsARunGoing(kind: TestBase) throws {
        let base = try kind.make()
        let signal = Signal(rawValue: 40 + 5)
        var calls = 0
        try base.onSignal(signal) { own in
            calls += 1
            own.cancel()
        }
        try base.schedule(after: .milliseconds(1)) { _ in kill(getpid(), signal.rawValue) }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(calls == 1)
    }

    @Test(arguments: [SIGKILL, SIGSTOP, 0, -1, 65, 1_000])
    func signalsThatCannotBeCaughtAreRefused(number: CInt) throws {
        let base = try EventBase()
        let error = #expect(throws: IOError.self) { try base.onSignal(Signal(rawValue: number)) { _ in } }
        #expect(error?.code == .invalidArgument)
    }
}
