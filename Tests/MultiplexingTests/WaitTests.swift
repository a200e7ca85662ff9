import Glibc
import Readiness
import Sockets
import Synchronization
import SystemPackage
import Testing

@testable import Multiplexing

@Suite("Waiting", .timeLimit(.minutes(1)))
struct WaitTests {
    /// How long a wait lasted that nothing ended.
    private func emptyWait(_ epoll: borrowing Epoll, _ limit: Duration) throws -> Duration {
        var batch = try EventBatch(capacity: 8)
        let start = MonotonicInstant.now
        let count = try epoll.wait(into: &batch, upTo: limit)
        let end = MonotonicInstant.now
        let isEmpty = batch.isEmpty && batch.count == 0
        let none = batch.next()
        #expect(count == 0 && isEmpty && none == nil)
        return start.duration(to: end)
    }

    @Test("never ends early", arguments: [1, 1_000, 100_000, 999_999, 1_000_001, 2_500_000, 20_000_000])
    func neverEarly(_ nanoseconds: Int) throws {
        let epoll = try Epoll()
        for _ in 0..<10 {
            let lasted = try emptyWait(epoll, .nanoseconds(nanoseconds))
            #expect(lasted >= .nanoseconds(nanoseconds))
        }
    }

    @Test("never ends early where the kernel counts in milliseconds only", arguments: [1_000, 1_000_001])
    func neverEarlyInMilliseconds(_ nanoseconds: Int) async {
        await #expect(processExitsWith: .success) { [nanoseconds] in
            lacksNanoseconds.store(true, ordering: .relaxed)
            let epoll = try Epoll()
            var batch = try EventBatch(capacity: 8)
            let start = MonotonicInstant.now
            #expect(try epoll.wait(into: &batch, upTo: .nanoseconds(nanoseconds)) == 0)
            #expect(start.duration(to: .now) >= .nanoseconds(nanoseconds))
        }
    }

    @Test("a short time-out is never rounded down to none")
    func roundingUp() {
        #expect(milliseconds(roundingUp: .min) == 0)
        #expect(milliseconds(roundingUp: 0) == 0)
        #expect(milliseconds(roundingUp: 1) == 1)
        #expect(milliseconds(roundingUp: 1_000_000) == 1)
        #expect(milliseconds(roundingUp: 1_000_001) == 2)
        #expect(milliseconds(roundingUp: .max) == .max)
        #expect(Duration.nanoseconds(1).nanoseconds == 1)
        #expect(Duration(secondsComponent: 0, attosecondsComponent: 1).nanoseconds == 1)
        #expect(Duration(secondsComponent: 0, attosecondsComponent: -1).nanoseconds == 0)
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
    }

    @Test("zero or less only looks", arguments: [Duration.zero, .nanoseconds(-1), .seconds(Int64.min)])
    func looks(_ limit: Duration) throws {
        let epoll = try Epoll()
        _ = try emptyWait(epoll, limit)
        let event = try makeEventDescriptor(1)
        try epoll.add(event, for: .readable, token: 0)
        var batch = try EventBatch(capacity: 8)
        #expect(try epoll.wait(into: &batch, upTo: limit) == 1)
    }

    @Test(
        "for ever, or for longer than there are numbers, ends with an event",
        arguments: [nil, Duration.seconds(Int64.max)]
    )
    func forever(_ limit: Duration?) throws {
        let epoll = try Epoll()
        let event = try makeEventDescriptor()
        try epoll.add(event, for: .readable, token: 0)
        let number = event.fileDescriptor
        let worker = Worker {
            var count: UInt64 = 1
            _ = unsafe write(number.rawValue, &count, 8)
        }
        var batch = try EventBatch(capacity: 8)
        #expect(try epoll.wait(into: &batch, upTo: limit) == 1)
        worker.join()
    }

    @Test("until a point in time, which may have passed")
    func deadline() throws {
        let epoll = try Epoll()
        var batch = try EventBatch(capacity: 8)
        let deadline = MonotonicInstant.now.advanced(by: .milliseconds(5))
        #expect(try epoll.wait(into: &batch, until: deadline) == 0)
        #expect(MonotonicInstant.now >= deadline)
        #expect(try epoll.wait(into: &batch, until: deadline) == 0)
        #expect(try epoll.wait(into: &batch, until: MonotonicInstant.now.advanced(by: .seconds(Int64.min))) == 0)
    }

    @Test("signals neither end it nor prolong it")
    func signals() async {
        await #expect(processExitsWith: .success) {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { _ in }
            unsafe sigaction(SIGUSR1, &action, nil)
            let epoll = try Epoll()
            var batch = try EventBatch(capacity: 8)
            final class Shared: Sendable {
                let isOver = Atomic(false)
                let sent = Atomic(0)
            }
            let shared = Shared()
            let waiter = pthread_self()
            var all = sigset_t()
            unsafe sigfillset(&all)
            unsafe pthread_sigmask(SIG_UNBLOCK, &all, nil)
            let storm = Worker {
                while !shared.isOver.load(ordering: .relaxed) {
                    pthread_kill(waiter, SIGUSR1)
                    shared.sent.wrappingAdd(1, ordering: .relaxed)
                    usleep(200)
                }
            }
            for _ in 0..<5 {
                let before = shared.sent.load(ordering: .relaxed)
                let start = MonotonicInstant.now
                #expect(try epoll.wait(into: &batch, upTo: .milliseconds(30)) == 0)
                #expect(start.duration(to: .now) >= .milliseconds(30))
                #expect(shared.sent.load(ordering: .relaxed) > before)
            }
            shared.isOver.store(true, ordering: .relaxed)
            storm.join()
        }
    }

    // MARK: Batches

    @Test("a batch smaller than what is ready leaves nobody out", arguments: [1, 2, 3, 9])
    func fairness(_ capacity: Int) throws {
        let epoll = try Epoll()
        var events = TokenTable<Descriptor>()
        for index in 0..<10 {
            let event = try makeEventDescriptor(1)
            try epoll.add(event, for: .readable, token: Token(index))
            _ = events.insert(event)
        }
        var batch = try EventBatch(capacity: capacity)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<30 {
            #expect(try epoll.wait(into: &batch, upTo: .zero) == capacity)
            while let event = batch.next() { counts[event.token.number] += 1 }
        }
        // Everybody had a turn as often as everybody else, but for the round that was not finished.
        let least = try #require(counts.min())
        let most = try #require(counts.max())
        #expect(least >= 1 && most - least <= 1)
    }

    @Test("events that were not taken are not lost", arguments: Trigger.allCases)
    func leftovers(_ trigger: Trigger) throws {
        let epoll = try Epoll()
        var events = TokenTable<Descriptor>()
        for index in 0..<5 {
            let event = try makeEventDescriptor(1)
            try epoll.add(event, for: .readable, trigger: trigger, token: Token(index))
            _ = events.insert(event)
        }
        var batch = try EventBatch(capacity: 8)
        var seen: Set<Token> = []
        for left in stride(from: 5, to: 0, by: -1) {
            #expect(try epoll.wait(into: &batch, upTo: .zero) == left)
            let count = batch.count
            let event = batch.next()
            #expect(count == left)
            seen.insert(try #require(event).token)
        }
        let isEmpty = batch.isEmpty
        #expect(seen.count == 5 && isEmpty)
    }

    @Test("descriptors of all of it are given back")
    func descriptorsAreGivenBack() async {
        await #expect(processExitsWith: .success) {
            let event = try makeEventDescriptor(1)
            let count = 20
            let before = openDescriptorCount()
            for _ in 0..<count {
                let epoll = try Epoll()
                let outer = try Epoll()
                var sockets = TokenTable<Socket>()
                try outer.add(epoll, for: .readable, token: 0)
                try epoll.add(event, for: .readable, token: 0)
                for index in 1..<20 {
                    let socket = try Socket(.ipv4)
                    try epoll.add(socket, for: .readable, token: Token(index))
                    _ = sockets.insert(socket)
                }
                #expect(try readyNow(outer).count == 1)
            }
            // The test library has a few of its own open now and then, but not one for each round.
            #expect(openDescriptorCount() - before < count)
        }
    }
}
