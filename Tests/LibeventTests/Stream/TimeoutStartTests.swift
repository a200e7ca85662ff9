import Libevent
import Readiness
import Sockets
import Testing

/// From when on a timeout counts.
@Suite struct TimeoutStartTests {
    /// Libevent's cached time is that at which the turn began, so these were over before they began.
    @Test(
        "a timeout that begins after long work in a callback lasts as long as any other",
        .bug(id: "timeout-from-a-stale-clock"),
        arguments: TestBase.allCases,
        TimeoutStart.allCases
    )
    func startsNow(kind: TestBase, start: TimeoutStart) throws {
        let base = try kind.make()
        let run = try TimeoutRun(base)
        try run.prepare(start)
        var isBegun = false
        try base.schedule(after: .zero) { _ in
            isBegun = true
            #expect(throws: Never.self) { try run.begin(start) }
        }
        try base.run(until: { isBegun && run.lasted != nil })
        #expect(try #require(run.lasted) >= TimeoutRun.limit)
        run.end()
    }

    @Test(
        "what the socket took while the loop was busy is no write timeout",
        .bug(id: "timeout-swallows-readiness"),
        arguments: TestBase.allCases
    )
    func writesLate(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        let bytes = [UInt8](repeating: 1, count: 4_000_000)
        try ends.stream.output.append(bytes.span)
        try base.runWithoutWaiting(turns: 100)
        try #require(!ends.stream.output.isEmpty)
        var reasons: [StreamEnd] = []
        ends.stream.onEnd { _, reason in reasons.append(reason) }
        var received = 0
        // Before the timeout begins, so that it is due first, however late the loop is.
        try base.schedule(after: .milliseconds(1)) { [unowned base] _ in
            received += (try? ends.peer.drain().bytes.count) ?? 0
            let until = base.monotonicTime + .milliseconds(60)
            while base.monotonicTime < until {}
        }
        try ends.stream.setTimeouts(writing: .milliseconds(30))
        let left = ends.stream.output.count
        try base.run(until: { ends.stream.output.count < left || !reasons.isEmpty })
        #expect(reasons == [])
        try ends.stream.setTimeouts()
        try base.run(until: {
            received += (try? ends.peer.drain().bytes.count) ?? 0
            return received == bytes.count
        })
        ends.stream.abort()
    }

    @Test(
        "a direction that is disabled, or whose limit was taken away, never times out",
        .bug(id: "read-timeout-while-writing"),
        arguments: TestBase.allCases
    )
    func noLimit(kind: TestBase) throws {
        let base = try kind.make()
        let (disabled, lifted) = (try StreamEnds(base), try StreamEnds(base))
        for ends in [disabled, lifted] {
            ends.stream.onEnd { _, reason in Issue.record("ended: \(reason)") }
        }
        try disabled.stream.setTimeouts(reading: .milliseconds(1))
        try disabled.stream.enable(.readable)
        try disabled.stream.disable(.readable)
        try lifted.stream.enable(.readable)
        try lifted.stream.setTimeouts(reading: .milliseconds(1), writing: .milliseconds(1))
        try lifted.stream.output.append([UInt8](repeating: 1, count: 4_000_000).span)
        try lifted.stream.setTimeouts()
        var isOver = false
        try base.schedule(after: .milliseconds(20)) { _ in isOver = true }
        try base.run(until: { isOver })
        disabled.stream.abort()
        lifted.stream.abort()
    }

    @Test(
        "while only writing goes on, the limit for reading counts, unless reading is disabled",
        .bug(id: "read-timeout-while-writing"),
        arguments: TestBase.allCases,
        [true, false]
    )
    func onlyWriting(kind: TestBase, reads: Bool) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        var reasons: [StreamEnd] = []
        ends.stream.onEnd { _, reason in reasons.append(reason) }
        try ends.stream.setTimeouts(reading: .milliseconds(5))
        if reads { try ends.stream.enable(.readable) }
        var sent = 0
        let sender = try base.schedule(after: .zero, every: .milliseconds(1)) { _ in
            sent += 1
            try? ends.stream.output.append("x")
        }
        try base.run(until: { reads ? !reasons.isEmpty : sent == 20 })
        #expect(reasons == (reads ? [.readTimedOut] : []))
        sender.cancel()
        ends.stream.abort()
    }

    @Test(
        "limits longer than any clock counts neither end at once nor trap",
        .bug(id: "very-long-times"),
        arguments: TestBase.allCases,
        [Duration.seconds(Int64.max), .seconds(Int64.max / 10), Duration(attoseconds: .max), .nanoseconds(Int64.max)]
    )
    func longLimits(kind: TestBase, limit: Duration) throws {
        let base = try kind.make()
        let (open, closing) = (try StreamEnds(base), try StreamEnds(base))
        open.stream.onEnd { _, reason in Issue.record("ended: \(reason)") }
        try open.stream.setTimeouts(reading: limit, writing: limit)
        try open.stream.enable(.readable)
        let bytes = [UInt8](repeating: 1, count: 4_000_000)
        for ends in [open, closing] { try ends.stream.output.append(bytes.span) }
        closing.stream.close(within: limit)
        let event = try Event(on: base, watching: open.peer.fileDescriptor, for: .readable) { _, ready in
            #expect(!ready.contains(.timedOut))
        }
        try event.add(timeout: limit)
        try base.runWithoutWaiting()
        event.close()
        var received = 0
        try base.run(until: {
            received += (try? closing.peer.drain().bytes.count) ?? 0
            return received == bytes.count
        })
        open.stream.abort()
        closing.stream.abort()
    }
}
