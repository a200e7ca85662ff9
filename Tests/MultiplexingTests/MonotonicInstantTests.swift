import Multiplexing
import Readiness
import Testing

@Suite struct MonotonicInstantTests {
    @Test("What does not fit is as far away as can be, in both directions")
    func saturation() {
        let now = MonotonicInstant.now
        let (longest, shortest) = (Duration(attoseconds: .max), Duration(attoseconds: .min))
        for delay in [.seconds(Int64.max), .seconds(1e19), longest, .nanoseconds(Int64.max)] {
            #expect(now.advanced(by: delay) == .distantFuture)
        }
        for delay in [.seconds(Int64.min), .seconds(-1e19), shortest, .seconds(-10_000_000_000)] {
            #expect(now.advanced(by: delay).advanced(by: .seconds(1)) < now)
        }
        #expect(now.advanced(by: Duration(attoseconds: 1)) == now.advanced(byNanoseconds: 1))
        #expect(now.advanced(by: Duration(attoseconds: -1)) == now)
    }

    @Test("A wait takes a limit of any length", arguments: MultiplexerKind.allCases)
    func wait(_ kind: MultiplexerKind) throws {
        var multiplexer = try kind.make()
        let waker = try Waker()
        try multiplexer.add(waker, for: .readable, token: 1)
        waker.wake()
        var batch = try EventBatch(capacity: 4)
        for limit in [Duration.seconds(1e19), Duration(attoseconds: .max)] {
            #expect(try multiplexer.wait(into: &batch, upTo: limit) == 1)
            #expect(batch.next()?.token == 1)
        }
        #expect(try multiplexer.wait(into: &batch, upTo: Duration(attoseconds: .min)) == 1)
        #expect(batch.next()?.token == 1)
    }
}
