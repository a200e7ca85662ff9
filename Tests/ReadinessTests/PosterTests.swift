import FaultTools
import Glibc
import Readiness
import Sockets
import Synchronization
import SystemPackage
import Testing

@Suite("Poster")
struct PosterTests {
    /// Stands for a loop; it counts what ran on it.
    final class Loop: Sendable {
        let ran = Mutex<[Int]>([])

        func runJobs(of poster: Poster<Loop>) {
            for job in poster.take() { job(self) }
        }
    }

    @Test("jobs run in the order of their posting")
    func order() throws {
        let (loop, poster) = (Loop(), try Poster<Loop>())
        for number in 0..<1000 { poster.post { loop in loop.ran.withLock { $0.append(number) } } }
        loop.runJobs(of: poster)
        #expect(loop.ran.withLock { $0 } == Array(0..<1000))
        #expect(poster.take().isEmpty)
    }

    @Test("any number of posts wake once, and taking puts the wake-up out")
    func coalesced() throws {
        let poster = try Poster<Loop>()
        #expect(!isReadable(poster.fileDescriptor))
        for _ in 0..<100 { poster.post { _ in } }
        #expect(isReadable(poster.fileDescriptor))
        var count: UInt64 = 0
        let result = unsafe read(poster.fileDescriptor.rawValue, &count, 8)
        #expect(result == 8 && count == 1)
        #expect(poster.take().count == 100)
        #expect(!isReadable(poster.fileDescriptor))
        poster.post { _ in }
        #expect(isReadable(poster.fileDescriptor), "the next post wakes again")
    }

    @Test("what a job posts belongs to the next turn")
    func reentrant() throws {
        let (loop, poster) = (Loop(), try Poster<Loop>())
        poster.post { loop in
            poster.post { loop in loop.ran.withLock { $0.append(2) } }
            loop.ran.withLock { $0.append(1) }
        }
        loop.runJobs(of: poster)
        #expect(loop.ran.withLock { $0 } == [1])
        #expect(isReadable(poster.fileDescriptor))
        loop.runJobs(of: poster)
        #expect(loop.ran.withLock { $0 } == [1, 2])
    }

    @Test("closing drops what waits and what comes, even where dropping posts again")
    func close() throws {
        final class Canary: Sendable {
            let poster: Poster<Loop>
            let posted: Mutex<[Bool]>
            init(_ poster: Poster<Loop>) {
                self.poster = poster
                posted = Mutex([])
            }
            deinit { _ = poster.post { _ in } }
        }
        let poster = try Poster<Loop>()
        weak var waiting: Canary?
        do {
            let canary = Canary(poster)
            waiting = canary
            #expect(poster.post { _ in _ = canary })
        }
        #expect(waiting != nil)
        poster.close()
        #expect(waiting == nil)
        #expect(!poster.post { _ in })
        #expect(poster.take().isEmpty)
        poster.close()
    }

    @Test("64 threads post 1,000 jobs each: none is lost, and each thread's stay in order")
    func storm() throws {
        let (loop, poster) = (Loop(), try Poster<Loop>())
        let (threads, each) = (64, 1000)
        let isDone = Atomic(false)
        let wakeUps = Atomic(0)
        Worker.run(2) { role in
            guard role == 0 else {
                Worker.run(threads) { thread in
                    for number in 0..<each {
                        poster.post { loop in loop.ran.withLock { $0.append(thread * each + number) } }
                    }
                }
                poster.post { _ in isDone.store(true, ordering: .releasing) }
                return
            }
            while !isDone.load(ordering: .acquiring), wait(for: POLLIN, on: poster.fileDescriptor) != 0 {
                wakeUps.add(1, ordering: .relaxed)
                loop.runJobs(of: poster)
            }
        }
        let ran = loop.ran.withLock { $0 }
        #expect(ran.count == threads * each)
        #expect(Set(ran).count == threads * each)
        for thread in 0..<threads {
            let own = ran.filter { $0 / each == thread }
            #expect(own == own.sorted())
        }
        #expect(wakeUps.load(ordering: .relaxed) <= threads * each)
    }

    @Test("without descriptors there is none: a typed error")
    func noDescriptors() async {
        await #expect(processExitsWith: .success) {
            let usual = try DescriptorLimit()
            let error = failure { () throws(IOError) in try Poster<Loop>() }
            #expect(error?.code == .noDescriptors)
            usual.end()
        }
    }
}
