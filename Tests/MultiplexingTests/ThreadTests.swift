import CLinux
import FaultTools
import Glibc
import Multiplexing
import Readiness
import Sockets
import Synchronization
import SystemPackage
import Testing

/// Several threads on one `Epoll`.
@Suite("Threads")
struct ThreadTests {
    /// What threads share in these tests.
    private final class Board: Sendable {
        let isOver = Atomic(false)
        /// The last registration that was removed.
        let removed = Atomic<UInt64>(0)
        /// The last registration of which an event was handed out.
        let seen = Atomic<UInt64>(0)
        let count = Atomic(0)
        let mistakes = Atomic(0)
        private let news: Descriptor

        init() throws {
            news = try makeEventDescriptor()
        }

        var mustStop: Bool { isOver.load(ordering: .relaxed) }

        func mistake() {
            mistakes.wrappingAdd(1, ordering: .relaxed)
        }

        /// Lets who waits look again.
        func tell() {
            signal(news)
        }

        /// Waits for a condition that another thread brings about, and tells of. It sleeps: one that only yields takes the
        /// CPU from those that it waits for, thousands of times.
        func wait(until condition: () -> Bool) -> Bool {
            let deadline = MonotonicInstant.now.advanced(by: patience)
            while !condition() {
                guard .now < deadline, waitUntilReady(news, POLLIN) != 0 else { return false }
                _ = clinux_eventfd_take(news.fileDescriptor.rawValue)
            }
            return true
        }
    }

    @Test(
        "of two that wait, an edge wakes one, a level both",
        arguments: [Trigger.edge, .edgeOneShot, .levelOneShot, .level]
    )
    func twoWaiters(_ trigger: Trigger) throws {
        let shared = try SharedEpoll()
        let event = try makeEventDescriptor()
        let board = try Board()
        try shared.epoll.add(event, for: .readable, trigger: trigger, token: 1)
        let finish = try makeEventDescriptor()
        let waiters = (0..<2).map { _ in
            Worker {
                guard var batch = try? EventBatch(capacity: 4) else { return board.mistake() }
                _ = try? shared.epoll.wait(into: &batch, upTo: patience)
                var events = 0
                while let event = batch.next() { events += event.token == 1 ? 1 : 0 }
                board.count.wrappingAdd(events, ordering: .relaxed)
                board.tell()
            }
        }
        signal(event)
        #expect(board.wait { board.count.load(ordering: .relaxed) >= (trigger == .level ? 2 : 1) })
        // Lets the other one go, if it still waits.
        signal(finish)
        try shared.epoll.add(finish, for: .readable, trigger: .level, token: 2)
        for waiter in waiters { waiter.join() }
        #expect(board.count.load(ordering: .relaxed) == (trigger == .level ? 2 : 1))
        #expect(board.mistakes.load(ordering: .relaxed) == 0)
    }

    @Test("ten edges for ten threads that wait for one event each: none is lost")
    func tenOfTen() throws {
        let shared = try SharedEpoll()
        let board = try Board()
        var events = TokenTable<Descriptor>()
        for index in 0..<10 {
            let event = try makeEventDescriptor()
            try shared.epoll.add(event, for: .readable, trigger: .edge, token: Token(index))
            _ = events.insert(event)
        }
        for round in 1...30 {
            let before = board.count.load(ordering: .relaxed)
            let waiters = (0..<10).map { _ in
                Worker {
                    guard var batch = try? EventBatch(capacity: 1) else { return board.mistake() }
                    guard (try? shared.epoll.wait(into: &batch, upTo: patience)) == 1, batch.next() != nil
                    else { return board.mistake() }
                    board.count.wrappingAdd(1, ordering: .relaxed)
                }
            }
            for index in 0..<10 { events.withState(of: Token(index)) { event in signal(event) } }
            for waiter in waiters { waiter.join() }
            #expect(board.count.load(ordering: .relaxed) - before == 10, "round \(round)")
        }
        #expect(board.mistakes.load(ordering: .relaxed) == 0)
    }

    @Test(
        "fault 32: one-shot: workers share sockets, and no two are on one at a time",
        arguments: [Trigger.edgeOneShot, .levelOneShot]
    )
    func oneShotWorkers(_ trigger: Trigger) throws {
        let sockets = 4
        let messages = 300
        let shared = try SharedEpoll()
        let board = try Board()
        let busy = try (0..<sockets).map { _ in try Board() }
        var pairs = TokenTable<SocketPair>()
        for index in 0..<sockets {
            let pair = try Socket.pair()
            try shared.epoll.add(pair.first, for: .readable, trigger: trigger, token: Token(index))
            _ = pairs.insert(pair)
        }
        let numbers = (0..<sockets).map { index in
            pairs.withState(of: Token(index)) { pair in pair.first.fileDescriptor } ?? FileDescriptor(rawValue: -1)
        }
        let workers = (0..<3).map { _ in
            Worker {
                guard var batch = try? EventBatch(capacity: 2) else { return board.mistake() }
                var byte: UInt8 = 0
                while !board.mustStop {
                    _ = try? shared.epoll.wait(into: &batch, upTo: .milliseconds(5))
                    while let event = batch.next() {
                        let mine = busy[event.token.number]
                        if mine.count.wrappingAdd(1, ordering: .relaxed).newValue != 1 { board.mistake() }
                        let number = numbers[event.token.number]
                        // One byte a turn: what is left has to come back by the rearm.
                        if unsafe read(number.rawValue, &byte, 1) == 1 {
                            board.count.wrappingAdd(1, ordering: .relaxed)
                            board.tell()
                        }
                        mine.count.wrappingSubtract(1, ordering: .relaxed)
                        if (try? shared.epoll.rearm(number)) == nil { board.mistake() }
                    }
                }
            }
        }
        for _ in 0..<messages {
            for index in 0..<sockets {
                _ = try pairs.withState(of: Token(index)) { (pair: inout SocketPair) throws in
                    while try pair.second.write([0x78].span) == .wouldBlock { waitUntilReady(pair.second, POLLOUT) }
                }
            }
        }
        #expect(board.wait { board.count.load(ordering: .relaxed) == sockets * messages })
        board.isOver.store(true, ordering: .relaxed)
        for worker in workers { worker.join() }
        #expect(board.count.load(ordering: .relaxed) == sockets * messages)
        #expect(board.mistakes.load(ordering: .relaxed) == 0)
    }

    @Test("an edge rearmed again and again from another thread always comes")
    func modificationStorm() throws {
        let shared = try SharedEpoll()
        let event = try makeEventDescriptor(1)
        let board = try Board()
        let rounds = 2000
        try shared.epoll.add(event, for: .readable, trigger: .edge, token: 1)
        let waiter = Worker {
            guard var batch = try? EventBatch(capacity: 4) else { return board.mistake() }
            for _ in 0..<rounds {
                guard (try? shared.epoll.wait(into: &batch, upTo: patience)) == 1, batch.next() != nil
                else { return board.mistake() }
                board.count.wrappingAdd(1, ordering: .releasing)
                board.tell()
            }
        }
        for round in 1...rounds {
            guard board.wait(until: { board.count.load(ordering: .acquiring) >= round }) else { break }
            if round < rounds { try shared.epoll.rearm(event) }
        }
        waiter.join()
        #expect(board.count.load(ordering: .relaxed) == rounds)
        #expect(board.mistakes.load(ordering: .relaxed) == 0)
    }

    @Test(
        "added and removed in one thread, waited for in two: no edge is lost, no removed one comes",
        arguments: [Trigger.edge, .edgeOneShot, .level]
    )
    func addAndRemove(_ trigger: Trigger) throws {
        let shared = try SharedEpoll()
        let board = try Board()
        let waiters = (0..<2).map { _ in Self.makeWatcher(shared, board) }
        let event = try makeEventDescriptor(1)
        for round in 1...1000 as ClosedRange<UInt64> {
            try shared.epoll.add(event, for: .readable, trigger: trigger, token: Token(rawValue: round))
            guard board.wait(until: { board.seen.load(ordering: .acquiring) >= round }) else { break }
            try shared.epoll.remove(event)
            board.removed.store(round, ordering: .releasing)
        }
        #expect(board.seen.load(ordering: .relaxed) == 1000)
        board.isOver.store(true, ordering: .relaxed)
        for waiter in waiters { waiter.join() }
        #expect(board.mistakes.load(ordering: .relaxed) == 0)
    }

    @Test(
        "closed and opened in one thread, waited for in two: no edge is lost, no closed one comes",
        arguments: [Trigger.edge, .edgeOneShot, .level],
        [false, true]
    )
    func openAndClose(_ trigger: Trigger, byOthers: Bool) throws {
        let shared = try SharedEpoll()
        let board = try Board()
        let waiters = (0..<2).map { _ in Self.makeWatcher(shared, board) }
        for round in 1...1000 as ClosedRange<UInt64> {
            let event = try makeEventDescriptor(1)
            try shared.epoll.add(event, for: .readable, trigger: trigger, token: Token(rawValue: round))
            guard board.wait(until: { board.seen.load(ordering: .acquiring) >= round }) else { break }
            if byOthers {
                // The kernel forgets it, but events that were collected before may still come.
                try event.release().close()
            } else {
                event.close()
                board.removed.store(round, ordering: .releasing)
            }
        }
        #expect(board.seen.load(ordering: .relaxed) == 1000)
        board.isOver.store(true, ordering: .relaxed)
        for waiter in waiters { waiter.join() }
        #expect(board.mistakes.load(ordering: .relaxed) == 0)
    }

    /// A thread that notes the events it gets, and finds a mistake in one whose registration had been removed before.
    private static func makeWatcher(_ shared: SharedEpoll, _ board: Board) -> Worker {
        Worker {
            guard var batch = try? EventBatch(capacity: 4) else { return board.mistake() }
            while !board.mustStop {
                _ = try? shared.epoll.wait(into: &batch, upTo: .milliseconds(1))
                while true {
                    let removed = board.removed.load(ordering: .acquiring)
                    guard let event = batch.next() else { break }
                    if event.token.rawValue <= removed || event.events != .readable { board.mistake() }
                    board.seen.max(event.token.rawValue, ordering: .releasing)
                    board.tell()
                }
            }
        }
    }

    @Test("tokens and interests that change under way never come mixed up")
    func changes() throws {
        let shared = try SharedEpoll()
        let board = try Board()
        let pair = try Socket.pair()
        try pair.second.write("x")
        // Even tokens ask to read, odd ones to write; both are always possible.
        try shared.epoll.add(pair.first, for: .readable, token: 0)
        let waiters = (0..<2).map { _ in
            Worker {
                guard var batch = try? EventBatch(capacity: 1) else { return board.mistake() }
                while !board.mustStop {
                    _ = try? shared.epoll.wait(into: &batch, upTo: .zero)
                    while let event = batch.next() {
                        let expected: ReadyEvents = event.token.rawValue & 1 == 0 ? .readable : .writable
                        if event.events != expected { board.mistake() }
                        board.count.wrappingAdd(1, ordering: .relaxed)
                        board.tell()
                    }
                }
            }
        }
        for round in 1...5000 as ClosedRange<UInt64> {
            let interest: Interest = round & 1 == 0 ? .readable : .writable
            try shared.epoll.modify(pair.first, for: interest, token: Token(rawValue: round))
        }
        #expect(board.wait { board.count.load(ordering: .relaxed) > 0 })
        board.isOver.store(true, ordering: .relaxed)
        for waiter in waiters { waiter.join() }
        #expect(board.mistakes.load(ordering: .relaxed) == 0)
    }

    @Test("many threads open, watch and close at the same time")
    func churn() throws {
        let shared = [try SharedEpoll(), try SharedEpoll()]
        let board = try Board()
        Worker.run(4) { worker in
            guard var batch = try? EventBatch(capacity: 8) else { return board.mistake() }
            for round in 0..<500 {
                do {
                    let event = try makeEventDescriptor(1)
                    for epoll in shared { try epoll.epoll.add(event, for: .readable, token: Token(worker)) }
                    try shared[round % 2].epoll.wait(into: &batch, upTo: .zero)
                    while let event = batch.next() {
                        if event.token.number >= 4 { board.mistake() }
                    }
                    if round % 3 == 0 { try shared[0].epoll.remove(event) }
                } catch {
                    board.mistake()
                }
            }
        }
        #expect(board.mistakes.load(ordering: .relaxed) == 0)
        for epoll in shared { #expect(try readyNow(epoll.epoll).isEmpty) }
    }
}
