import CLinux
import FaultTools
import Glibc
import Readiness
import Sockets
import Synchronization
import SystemPackage
import Testing

@testable import Multiplexing

@Suite("Waiting")
struct WaitTests {
    /// How long a wait lasted that nothing ended.
    private func emptyWait(_ multiplexer: inout AnyMultiplexer, _ limit: Duration) throws -> Duration {
        var batch = try EventBatch(capacity: 8)
        let start = MonotonicInstant.now
        let count = try multiplexer.wait(into: &batch, upTo: limit)
        let end = MonotonicInstant.now
        let isEmpty = batch.isEmpty && batch.count == 0
        let none = batch.next()
        #expect(count == 0 && isEmpty && none == nil)
        return start.duration(to: end)
    }

    @Test(
        "never ends early",
        arguments: MultiplexerKind.allCases,
        [1, 1_000, 100_000, 999_999, 1_000_001, 2_500_000, 20_000_000]
    )
    func neverEarly(_ kind: MultiplexerKind, _ nanoseconds: Int) throws {
        var multiplexer = try kind.make()
        for _ in 0..<10 {
            let lasted = try emptyWait(&multiplexer, .nanoseconds(nanoseconds))
            #expect(lasted >= .nanoseconds(nanoseconds))
        }
    }

    @Test(
        "fault 29: a wait of less than a millisecond sleeps, and is no busy loop",
        .bug(id: "short-wait-spins"),
        arguments: MultiplexerKind.allCases,
        [150_000, 400_000, 950_000]
    )
    func sleeps(_ kind: MultiplexerKind, _ nanoseconds: Int) throws {
        var multiplexer = try kind.make()
        let event = try makeEventDescriptor()
        try multiplexer.add(event, for: .readable, token: 0)
        let before = voluntarySwitches()
        for _ in 0..<20 {
            let lasted = try emptyWait(&multiplexer, .nanoseconds(nanoseconds))
            #expect(lasted >= .nanoseconds(nanoseconds))
        }
        // A thread that was held up until the time had passed needs no sleep; that is not the rule.
        #expect(voluntarySwitches() - before >= 10)
    }

    @Test("never ends early where the kernel counts in milliseconds only", arguments: [1_000, 1_000_001])
    func neverEarlyInMilliseconds(_ nanoseconds: Int) async {
        await #expect(processExitsWith: .success) { [nanoseconds] in
            alarm(500)
            lacksNanoseconds.store(true, ordering: .relaxed)
            let epoll = try Epoll()
            var batch = try EventBatch(capacity: 8)
            let start = MonotonicInstant.now
            #expect(try epoll.wait(into: &batch, upTo: .nanoseconds(nanoseconds)) == 0)
            #expect(start.duration(to: .now) >= .nanoseconds(nanoseconds))
        }
    }

    @Test(
        "counts in milliseconds where a sandbox refuses the call that it does not know, at once or later",
        .bug(id: "refused-system-calls"),
        arguments: ["EPERM", "ENOSYS", "EPERM:when=10+", "ENOSYS:when=10+"]
    )
    func refusedNanoseconds(_ error: String) async {
        await #expect(processExitsWith: .success) { [error] in
            alarm(500)
            let fault = try SystemCallFault("epoll_pwait2:error=\(error)")
            defer { fault.end() }
            let epoll = try Epoll()
            var batch = try EventBatch(capacity: 8)
            for _ in 0..<20 {
                let start = MonotonicInstant.now
                #expect(try epoll.wait(into: &batch, upTo: .microseconds(1_500)) == 0)
                #expect(start.duration(to: .now) >= .microseconds(1_500))
            }
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

    @Test(
        "zero or less only looks",
        .bug(id: "very-long-times"),
        arguments: MultiplexerKind.allCases,
        [Duration.zero, .nanoseconds(-1), .seconds(-1), .seconds(Int64.min), Duration(attoseconds: .min)]
    )
    func looks(_ kind: MultiplexerKind, _ limit: Duration) throws {
        var multiplexer = try kind.make()
        _ = try emptyWait(&multiplexer, limit)
        let event = try makeEventDescriptor(1)
        try multiplexer.add(event, for: .readable, token: 0)
        var batch = try EventBatch(capacity: 8)
        #expect(try multiplexer.wait(into: &batch, upTo: limit) == 1)
    }

    @Test(
        "for ever, or for longer than there are numbers, ends with an event",
        .bug(id: "very-long-times"),
        arguments: MultiplexerKind.allCases,
        [
            nil, Duration.seconds(Int64.max), .seconds(Int64.max / 10), Duration(attoseconds: .max),
            .nanoseconds(Int64.max), .seconds(1 << 33), .milliseconds((1 << 31) - 1), .milliseconds(1 << 31),
        ]
    )
    func forever(_ kind: MultiplexerKind, _ limit: Duration?) throws {
        var multiplexer = try kind.make()
        let event = try makeEventDescriptor()
        try multiplexer.add(event, for: .readable, token: 0)
        let number = event.fileDescriptor
        let waiting = BlockedThread(number: BlockedThread.ownNumber())
        let worker = Worker {
            waiting.waitUntilItWaits()
            clinux_eventfd_signal(number.rawValue)
        }
        var batch = try EventBatch(capacity: 8)
        #expect(try multiplexer.wait(into: &batch, upTo: limit) == 1)
        worker.join()
    }

    @Test("until a point in time, which may have passed", arguments: MultiplexerKind.allCases)
    func deadline(_ kind: MultiplexerKind) throws {
        var multiplexer = try kind.make()
        var batch = try EventBatch(capacity: 8)
        let deadline = MonotonicInstant.now.advanced(by: .milliseconds(5))
        #expect(try multiplexer.wait(into: &batch, until: deadline) == 0)
        #expect(MonotonicInstant.now >= deadline)
        let event = try makeEventDescriptor(1)
        try multiplexer.add(event, for: .writable, trigger: .levelOneShot, token: 0)
        // It looks all the same.
        #expect(try multiplexer.wait(into: &batch, until: deadline) == 1)
        #expect(batch.rest().count == 1)
        let longAgo = MonotonicInstant.now.advanced(by: .seconds(Int64.min))
        #expect(try multiplexer.wait(into: &batch, until: longAgo) == 0)
    }

    @Test(
        "fault 6: a storm of signals neither ends it nor prolongs it",
        .bug(id: "interrupted-by-a-signal"),
        arguments: MultiplexerKind.allCases
    )
    func signals(_ kind: MultiplexerKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            let storm = try SignalStorm()
            var multiplexer = try kind.make()
            var batch = try EventBatch(capacity: 8)
            let quiet = try makeEventDescriptor(1)
            try multiplexer.add(quiet, for: .readable, trigger: .levelOneShot, token: 1)
            #expect(try multiplexer.readyNow().count == 1)
            // A busy machine may send no signal for as long as a wait takes: that one shows nothing.
            var stormyWaits = 0
            while stormyWaits < 5 {
                let before = storm.count
                let start = MonotonicInstant.now
                // The event that has been handed out does not come again with a signal.
                #expect(try multiplexer.wait(into: &batch, upTo: .milliseconds(30)) == 0)
                #expect(start.duration(to: .now) >= .milliseconds(30))
                if storm.count > before { stormyWaits += 1 }
            }
            // An event ends it, under signals too.
            let event = try makeEventDescriptor()
            try multiplexer.add(event, for: .readable, token: 2)
            let number = event.fileDescriptor
            let before = storm.count
            let worker = Worker {
                while storm.count < before + 20 { usleep(100) }
                clinux_eventfd_signal(number.rawValue)
            }
            #expect(try multiplexer.nextEvents() == [EventBatch.Event(token: 2, events: .readable)])
            worker.join()
            storm.end()
        }
    }

    @Test("descriptors of all of it are given back", arguments: MultiplexerKind.allCases)
    func descriptorsAreGivenBack(_ kind: MultiplexerKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            let event = try makeEventDescriptor(1)
            let count = 20
            let before = openDescriptorCount()
            for _ in 0..<count {
                let epoll = try Epoll()
                var outer = try kind.make()
                var sockets = TokenTable<Socket>()
                try outer.add(epoll, for: .readable, token: 0)
                try epoll.add(event, for: .readable, token: 0)
                for index in 1..<20 {
                    let socket = try Socket(.ipv4)
                    try epoll.add(socket, for: .readable, token: Token(index))
                    _ = sockets.insert(socket)
                }
                #expect(try outer.readyNow().count == 1)
            }
            // The test library has a few of its own open now and then, but not one for each round.
            #expect(openDescriptorCount() - before < count)
        }
    }
}
