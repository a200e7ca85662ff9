import Dispatch
import Libevent
import Readiness
import Sockets
import Synchronization
import Testing

@Suite struct BasePosterTests {
    @Test(arguments: TestBase.allCases)
    func aPostFromAnotherThreadWakesTheLoop(kind: TestBase) throws {
        let base = try kind.make()
        let poster = try base.poster()
        DispatchQueue.global().async {
            poster.post { base in base.stop() }
        }
        let alarm = try base.schedule(after: .seconds(120)) { [unowned base] _ in base.breakLoop() }
        #expect(try base.run() == .stopped)
        alarm.cancel()
    }

    @Test(arguments: TestBase.allCases)
    func postsRunInTheirOrderOnTheLoop(kind: TestBase) throws {
        let base = try kind.make()
        let poster = try base.poster()
        let seen = Mutex<[Int]>([])
        for number in 0..<100 {
            poster.post { _ in seen.withLock { $0.append(number) } }
        }
        try base.run(until: { seen.withLock { $0.count } == 100 })
        #expect(seen.withLock { $0 } == Array(0..<100))
    }

    @Test(arguments: TestBase.allCases)
    func aPostInsideAPostRunsLater(kind: TestBase) throws {
        let base = try kind.make()
        let poster = try base.poster()
        let order = Mutex<[String]>([])
        poster.post { base in
            _ = try? base.poster().post { _ in order.withLock { $0.append("inner") } }
            order.withLock { $0.append("outer") }
        }
        try base.run(until: { order.withLock { $0.count } == 2 })
        #expect(order.withLock { $0 } == ["outer", "inner"])
    }

    @Test(arguments: TestBase.allCases)
    func noPostIsLostFromManyThreads(kind: TestBase) throws {
        let base = try kind.make()
        let poster = try base.poster()
        let (threads, posts) = (16, 500)
        let ran = Atomic<Int>(0)
        withExtendedLifetime(base) {
            DispatchQueue.global().async {
                DispatchQueue.concurrentPerform(iterations: threads) { _ in
                    for _ in 0..<posts {
                        poster.post { _ in ran.add(1, ordering: .relaxed) }
                    }
                }
            }
        }
        try base.run(until: { ran.load(ordering: .relaxed) == threads * posts })
        #expect(ran.load(ordering: .relaxed) == threads * posts)
    }

    @Test func thePosterIsTheSameEachTime() throws {
        let base = try EventBase()
        #expect(try base.poster() === base.poster())
    }

    @Test func aPostToABaseThatIsGoneIsRefused() throws {
        var base: EventBase? = try EventBase()
        let poster = try #require(try base?.poster())
        #expect(poster.post { _ in })
        base = nil
        #expect(!poster.post { _ in })
    }
}
