import FaultTools
import Multiplexing
import Readiness
import Sockets
import Synchronization
import Testing

@Suite("A waker")
struct WakerTests {
    @Test("fault 26: a wake before the wait ends it at once", arguments: MultiplexerKind.allCases)
    func before(_ kind: MultiplexerKind) throws {
        try kind.run(Before())
    }

    private struct Before: MultiplexerTest {
        func run(_ multiplexer: inout some Multiplexer & ~Copyable) throws {
            let waker = try Waker()
            try multiplexer.add(waker, for: .readable, token: 7)
            #expect(try multiplexer.readyNow().isEmpty)
            for _ in 0..<5 { waker.wake() }
            // Level-triggered: it stays until it is acknowledged.
            for _ in 0..<2 {
                #expect(try multiplexer.nextEvents() == [EventBatch.Event(token: 7, events: .readable)])
            }
            waker.acknowledge()
            #expect(try multiplexer.readyNow().isEmpty)
            waker.wake()
            #expect(try multiplexer.nextEvents().count == 1)
        }
    }

    @Test("ends the wait that is under way", arguments: MultiplexerKind.allCases)
    func during(_ kind: MultiplexerKind) throws {
        try kind.run(During())
    }

    private struct During: MultiplexerTest {
        func run(_ multiplexer: inout some Multiplexer & ~Copyable) throws {
            let waker = try Waker()
            try multiplexer.add(waker, for: .readable, token: 7)
            let waiting = BlockedThread(number: BlockedThread.ownNumber())
            let worker = Worker {
                waiting.waitUntilItWaits()
                waker.wake()
            }
            #expect(try multiplexer.nextEvents().map(\.token) == [7])
            worker.join()
        }
    }

    /// Each of the 64 leaves its work first and wakes then; the waiter must find all of it by being woken alone.
    @Test("fault 25: 64 threads wake it, and nothing that they left is missed", arguments: MultiplexerKind.allCases)
    func storm(_ kind: MultiplexerKind) throws {
        try kind.run(Storm())
    }

    private struct Storm: MultiplexerTest {
        private final class Work: Sendable {
            let left = Atomic(0)
        }

        func run(_ multiplexer: inout some Multiplexer & ~Copyable) throws {
            let (threads, rounds) = (64, 200)
            let waker = try Waker()
            try multiplexer.add(waker, for: .readable, token: 7)
            let work = Work()
            let workers = (0..<threads).map { _ in
                Worker {
                    for _ in 0..<rounds {
                        work.left.add(1, ordering: .relaxed)
                        waker.wake()
                    }
                }
            }
            var (found, wakes) = (0, 0)
            while found < threads * rounds {
                guard try !multiplexer.nextEvents().isEmpty else { break }
                waker.acknowledge()
                wakes += 1
                found += work.left.exchange(0, ordering: .relaxed)
            }
            for worker in workers { worker.join() }
            #expect(found == threads * rounds)
            #expect(wakes <= threads * rounds)
            _ = try multiplexer.readyNow()
        }
    }
}
