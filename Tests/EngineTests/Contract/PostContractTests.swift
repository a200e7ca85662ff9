import FaultTools
import Multiplexing
import Readiness
import Sockets
import Synchronization
import Testing

/// What every engine promises of posts from other threads.
@Suite struct PostContractTests {
    /// Counts what comes from any thread.
    private final class Counter: Sendable {
        let value = Atomic(0)
    }

    @Test(
        "In the order of posting, on the thread that runs; the poster is always the same",
        arguments: EngineKind.allCases
    )
    func order(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let poster = try engine.poster()
            #expect(try engine.poster() === poster)
            let seen = Mutex<[Int]>([])
            for number in 0..<100 {
                poster.post { engine in
                    seen.withLock { $0.append(number) }
                    if number == 99 { engine.stop() }
                }
            }
            #expect(try engine.run(.untilStopped) == .stopped)
            #expect(seen.withLock { $0 } == Array(0..<100))
        }
        try check(kind.make())
    }

    @Test("fault 25: 64 threads post, and nothing is lost", arguments: EngineKind.allCases)
    func storm(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let poster = try engine.poster()
            let counter = Counter()
            let threads = (0..<64).map { _ in
                Worker {
                    for _ in 0..<50 {
                        poster.post { engine in
                            if counter.value.add(1, ordering: .relaxed).newValue == 3200 { engine.stop() }
                        }
                    }
                }
            }
            #expect(try engine.run(.untilStopped) == .stopped)
            for thread in threads { thread.join() }
            #expect(counter.value.load(ordering: .relaxed) == 3200)
        }
        try check(kind.make())
    }

    @Test("fault 40: a stop by a post ends a loop that waits, from another thread", arguments: EngineKind.allCases)
    func stopByPost(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let poster = try engine.poster()
            for _ in 0..<10 {
                let thread = Worker { poster.post { $0.stop() } }
                #expect(try engine.run(.untilStopped) == .stopped)
                thread.join()
            }
        }
        try check(kind.make())
    }

    @Test("fault 26: posted before the run, it comes in the first turn", arguments: EngineKind.allCases)
    func before(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let counter = Counter()
            try engine.poster().post { _ in counter.value.add(1, ordering: .relaxed) }
            #expect(try engine.run(.once) == .turned)
            #expect(counter.value.load(ordering: .relaxed) == 1)
        }
        try check(kind.make())
    }

    @Test("What a post posts comes in a later turn, so others come in between", arguments: EngineKind.allCases)
    func fromPosts(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let poster = try engine.poster()
            let counter = Counter()
            @Sendable func again() {
                poster.post { _ in
                    counter.value.add(1, ordering: .relaxed)
                    again()
                }
            }
            again()
            let pair = try Pair()
            var reads = 0
            try engine.watch(pair.takeFirst(), for: .readable) { watch, _ in
                reads += 1
                watch.close()
            }
            try pair.send("x")
            for turn in 1...5 {
                try engine.run(.withoutWaiting)
                #expect(counter.value.load(ordering: .relaxed) <= turn)
            }
            #expect(reads == 1)
            #expect(counter.value.load(ordering: .relaxed) >= 4)
        }
        try check(kind.make())
    }

    @Test("Once the engine is gone posts are refused, and drop what they hold", arguments: EngineKind.allCases)
    func afterTheEnd(_ kind: EngineKind) throws {
        final class Witness: Sendable {}
        func posting(to engine: some EventEngine, _ witness: Witness) throws -> @Sendable () -> Bool {
            let poster = try engine.poster()
            poster.post { _ in _ = witness }
            return { poster.post { _ in } }
        }
        weak var seen: Witness?
        let post: @Sendable () -> Bool
        do {
            let witness = Witness()
            seen = witness
            post = try posting(to: kind.make(), witness)
        }
        #expect(seen == nil)
        let isAccepted = post()
        #expect(!isAccepted)
    }
}
