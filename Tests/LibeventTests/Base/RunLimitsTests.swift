import Dispatch
import Glibc
import Libevent
import Readiness
import Sockets
import Testing

/// What ends a run, and what does not.
@Suite struct RunLimitsTests {
    /// libevent frees a stream after the callback that aborted it, and nothing of ours is called then.
    @Test(arguments: TestBase.allCases)
    func anAbortedStreamLeavesTheBaseIdle(kind: TestBase) throws {
        let base = try kind.make()
        let watchdog = try Watchdog(base)
        let ends = try StreamEnds(base)
        ends.stream.onRead { stream in stream.abort() }
        try ends.stream.enable(.readable)
        try ends.peer.send("x")
        #expect(try base.run(.untilIdle) == .idle)
        watchdog.cancel()
    }

    /// A size observer is called inside libevent's read, not by an event of ours.
    @Test(arguments: TestBase.allCases)
    func aStreamThatAnObserverAbortsLeavesTheBaseIdle(kind: TestBase) throws {
        let base = try kind.make()
        let watchdog = try Watchdog(base)
        let ends = try StreamEnds(base)
        let stream = ends.stream
        var calls = 0
        try stream.input.onSizeChange { [unowned stream] _, _ in
            calls += 1
            stream.abort()
        }
        stream.onRead { _ in Issue.record("read after the abort") }
        try stream.enable(.readable)
        try ends.peer.send("x")
        #expect(try base.run(.untilIdle) == .idle)
        #expect(calls == 1)
        watchdog.cancel()
    }

    @Test(arguments: TestBase.allCases)
    func aStopThatABreakOvertookEndsOneRunOnly(kind: TestBase) throws {
        let base = try kind.make(priorities: 2)
        try base.schedule(after: .zero) { [unowned base] _ in
            base.stop()
            base.breakLoop()
        }
        #expect(try base.run() == .broken)
        var fired = false
        try base.schedule(after: .milliseconds(5)) { _ in fired = true }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(fired)
    }

    @Test(arguments: TestBase.allCases)
    func jobsThatComeAfterTheCloseAreDropped(kind: TestBase) throws {
        let base = try kind.make()
        let poster = try base.poster()
        let late = Counter()
        poster.post { base in base.close() }
        poster.post { _ in late.count += 1 }
        #expect(try base.run() == .broken)
        #expect(late.count == 0)
        #expect(!poster.post { _ in })
    }

    /// Both run on the thread of the test.
    private final class Counter: @unchecked Sendable {
        var count = 0
    }

    /// Breaks a run that does not end by itself. It is no event, so that the base can be idle.
    final class Watchdog {
        private let work: DispatchWorkItem

        init(_ base: EventBase) throws {
            let poster = try base.poster()
            work = DispatchWorkItem { poster.post { base in base.breakLoop() } }
            DispatchQueue.global().asyncAfter(deadline: .now() + 120, execute: work)
        }

        func cancel() {
            work.cancel()
        }
    }
}
