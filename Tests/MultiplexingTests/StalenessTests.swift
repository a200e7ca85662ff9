import CLinux
import FaultTools
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// Two sockets are ready in one batch; while the first event is handled, something happens to the other socket.
@Suite("Events that are stale by the time they are due")
struct StalenessTests {
    enum Happening: String, CaseIterable, Codable {
        case removed, closed, closedAndNumberReused, closedAndReusedAndAdded, closedByOthersAndReusedAndAdded
        case closedByAnotherThreadAndNumberReused, interestChanged, tokenChanged, pausedAndResumed, removedAndAdded
    }

    /// Sockets that may be closed and made anew in the middle of a batch.
    private struct World: ~Copyable {
        var multiplexer: AnyMultiplexer
        let mode: MultiplexerMode
        var sockets = TokenTable<Socket>()
        var peers = TokenTable<Socket>()

        init(_ mode: MultiplexerMode) throws {
            self.mode = mode
            multiplexer = try mode.kind.make()
        }

        mutating func addReadySocket() throws {
            let pair = try Socket.pair().split { (first, second) throws in
                try second.write("x")
                let descriptor = try movedUp(first.intoDescriptor())
                return SocketPair(first: try Socket(adopting: descriptor.release()), second: second)
            }
            let number = pair.first.fileDescriptor
            let token = keep(pair)
            try add(number, token)
        }

        mutating func add(_ number: FileDescriptor, _ token: Token) throws(IOError) {
            try multiplexer.add(number, for: .readable, trigger: mode.trigger, token: token)
        }

        @discardableResult
        mutating func keep(_ pair: consuming SocketPair) -> Token {
            pair.split { (first, second) in
                _ = peers.insert(second)
                return sockets.insert(first)
            }
        }

        mutating func number(of token: Token) throws -> FileDescriptor {
            let number = sockets.withState(of: token) { socket in socket.fileDescriptor }
            return try #require(number)
        }

        /// The descriptor of a socket, which is not closed with it any more.
        mutating func releaseSocket(_ token: Token) throws -> FileDescriptor {
            guard let socket = sockets.remove(token) else { throw IOError("release", .notFound) }
            return socket.release()
        }
    }

    /// Puts a new unix socket, that has something to read, on a number.
    private func reuse(_ number: FileDescriptor) throws -> SocketPair {
        try Socket.pair().split { (first, second) throws in
            try #require(dup2(first.fileDescriptor.rawValue, number.rawValue) == number.rawValue)
            try second.write("y")
            return SocketPair(first: try Socket(adopting: number), second: second)
        }
    }

    /// In a process of its own, for other tests must not take the numbers that are closed.
    @Test(
        "fault 19: are not handed out",
        .bug(id: "event-of-a-closed-descriptor"),
        arguments: MultiplexerKind.allCases,
        Happening.allCases
    )
    func staleness(_ kind: MultiplexerKind, _ happening: Happening) async {
        await #expect(processExitsWith: .success) { [kind, happening] in
            alarm(500)
            let tests = StalenessTests()
            for trigger in kind.triggers { try tests.check(happening, MultiplexerMode(kind, trigger)) }
        }
    }

    private func check(_ happening: Happening, _ mode: MultiplexerMode) throws {
        var world = try World(mode)
        for _ in 0..<2 { try world.addReadySocket() }
        var batch = try EventBatch(capacity: 8)
        let count = try world.multiplexer.wait(into: &batch, upTo: patience)
        #expect(count == 2)
        let handed = batch.next()
        let first = try #require(handed)
        let other: Token = first.token == 0 ? 1 : 0
        let expectation = try happen(happening, to: other, in: &world)
        let rest = batch.rest()
        #expect(rest == expectation.now, "\(happening), \(mode)")
        let next = try world.multiplexer.readyNow().filter { $0.token != first.token }
        #expect(next == expectation.next, "\(happening), \(mode)")
    }

    /// Lets it happen, and says what is expected of the rest of the batch and of the next wait.
    private func happen(
        _ happening: Happening,
        to token: Token,
        in world: inout World
    ) throws -> (now: [EventBatch.Event], next: [EventBatch.Event]) {
        let new: Token = 99
        let trigger = world.mode.trigger
        let number = try world.number(of: token)
        let newEvent = EventBatch.Event(token: new, events: .readable)
        switch happening {
        case .removed:
            try world.multiplexer.remove(number)
            return ([], [])
        case .closed:
            world.sockets.remove(token)
            return ([], [])
        case .closedAndNumberReused:
            world.sockets.remove(token)
            world.keep(try reuse(number))
            return ([], [])
        case .closedAndReusedAndAdded:
            world.sockets.remove(token)
            world.keep(try reuse(number))
            try world.add(number, new)
            return ([], [newEvent])
        case .closedByAnotherThreadAndNumberReused:
            let descriptor = try world.releaseSocket(token)
            Worker { Descriptor(adopting: descriptor).close() }.join()
            world.keep(try reuse(number))
            return ([], [])
        case .closedByOthersAndReusedAndAdded:
            try world.releaseSocket(token).close()
            world.keep(try reuse(number))
            try addAfterForeignClose(number, new, in: &world)
            return ([], [newEvent])
        case .interestChanged:
            try world.multiplexer.rearm(number, for: .writable)
            return ([], [EventBatch.Event(token: token, events: .writable)])
        case .tokenChanged:
            try world.multiplexer.modify(number, for: .readable, trigger: trigger, token: new)
            return ([], [newEvent])
        case .pausedAndResumed:
            try world.multiplexer.rearm(number, for: [])
            try world.multiplexer.rearm(number, for: .readable)
            // What is asked for again may be handed out again. After a one-shot event it is reported once.
            let event = EventBatch.Event(token: token, events: .readable)
            return (trigger.isOneShot ? [] : [event], [event])
        case .removedAndAdded:
            try world.multiplexer.remove(number)
            try world.add(number, new)
            return ([], [newEvent])
        }
    }

    /// Only the kernel of epoll knows that the number is another file's now. The others can tell no sooner than at a wait
    /// that finds it closed; here none did.
    private func addAfterForeignClose(_ number: FileDescriptor, _ token: Token, in world: inout World) throws {
        guard world.mode.kind != .epoll else { return try world.add(number, token) }
        let error = failure { () throws(IOError) in try world.add(number, token) }
        #expect(error?.code == .alreadyRegistered)
        try world.multiplexer.remove(number)
        try world.add(number, token)
    }

    @Test(
        "fault 19: a number that another thread closes and uses again during the wait is not heard of",
        .bug(id: "event-of-a-closed-descriptor"),
        arguments: MultiplexerMode.all
    )
    func duringTheWait(_ mode: MultiplexerMode) async {
        await #expect(processExitsWith: .success) { [mode] in
            alarm(500)
            var multiplexer = try mode.kind.make()
            let closing = try movedUp(makeEventDescriptor())
            let waking = try makeEventDescriptor()
            try multiplexer.add(closing, for: .readable, trigger: mode.trigger, token: 1)
            try multiplexer.add(waking, for: .readable, trigger: .level, token: 2)
            let (number, other) = (closing.release(), waking.fileDescriptor)
            let waiting = BlockedThread(number: BlockedThread.ownNumber())
            let worker = Worker {
                waiting.waitUntilItWaits()
                Descriptor(adopting: number).close()
                dup2(clinux_eventfd(1), number.rawValue)
                clinux_eventfd_signal(other.rawValue)
            }
            let expected = [EventBatch.Event(token: 2, events: .readable)]
            #expect(try multiplexer.nextEvents() == expected)
            worker.join()
            #expect(try multiplexer.readyNow() == expected)
            // It is nobody's, so it can be watched again.
            try multiplexer.add(number, for: .readable, trigger: mode.trigger, token: 3)
            #expect(try Set(multiplexer.readyNow().map(\.token)) == [2, 3])
        }
    }

    /// The kernel knows of it before the thread that adds it hears so.
    @Test(
        "fault 19: a number that another thread closes at its first event, before it is all added, is not heard of",
        .bug(id: "event-of-a-closed-descriptor")
    )
    func duringTheAdd() async {
        await #expect(processExitsWith: .success) {
            alarm(300)
            let shared = try SharedEpoll()
            let descriptor = try makeEventDescriptor()
            clinux_eventfd_signal(descriptor.fileDescriptor.rawValue)
            // With a duplicate the registration would stay.
            let duplicate = try descriptor.duplicate()
            let number = descriptor.release()
            let fault = try SystemCallFault("epoll_ctl:delay_exit=1000000")
            let adding = Worker { try? shared.epoll.add(number, for: .readable, trigger: .level, token: 1) }
            var batch = try EventBatch(capacity: 8)
            try shared.epoll.wait(into: &batch, upTo: patience)
            try #require(batch.rest().map(\.token) == [1])
            Descriptor(adopting: number).close()
            adding.join()
            fault.end()
            try shared.epoll.wait(into: &batch, upTo: .zero)
            try #require(batch.rest().isEmpty)
            _ = duplicate.fileDescriptor
        }
    }

    @Test("part of an event goes when part of the interest goes", arguments: MultiplexerKind.allCases)
    func partOfInterest(_ kind: MultiplexerKind) throws {
        let pair = try Socket.pair()
        var multiplexer = try kind.make()
        try multiplexer.add(pair.first, for: [.readable, .writable], token: 0)
        try pair.second.write("x")
        var batch = try EventBatch(capacity: 8)
        try multiplexer.wait(into: &batch, upTo: patience)
        try multiplexer.rearm(pair.first, for: .writable)
        let rest = batch.rest()
        #expect(rest.map(\.events) == [.writable])
    }

    @Test(
        "fault 21: a socket may be closed while its own event is handled, and the number be accepted again",
        arguments: MultiplexerMode.all
    )
    func closeInOwnEvent(_ mode: MultiplexerMode) throws {
        var multiplexer = try mode.kind.make()
        var batch = try EventBatch(capacity: 8)
        for round in 0..<100 {
            let token = Token(round)
            try Socket.pair().split { (first, second) throws in
                try multiplexer.add(first, for: .readable, trigger: mode.trigger, token: token)
                try second.write("x")
                try multiplexer.wait(into: &batch, upTo: patience)
                let event = batch.next()
                first.close()
                #expect(event == EventBatch.Event(token: token, events: .readable))
                let none = batch.next()
                #expect(none == nil)
            }
        }
    }

    // MARK: Duplicates

    @Test(
        "fault 20: a closed descriptor of which a duplicate is left is heard of no more",
        .bug(id: "descriptor-held-by-a-child"),
        arguments: MultiplexerMode.all
    )
    func duplicate(_ mode: MultiplexerMode) throws {
        var multiplexer = try mode.kind.make()
        try Socket.pair().split { (first, second) throws in
            try multiplexer.add(first, for: .readable, trigger: mode.trigger, token: 1)
            let descriptor = first.intoDescriptor()
            let copy = try descriptor.duplicate()
            try second.write("x")
            descriptor.close()
            // A registration that is left in the kernel would end this wait at once, time after time.
            var batch = try EventBatch(capacity: 8)
            #expect(try multiplexer.wait(into: &batch, upTo: .milliseconds(20)) == 0)
            try second.write("y")
            #expect(try multiplexer.wait(into: &batch, upTo: .milliseconds(20)) == 0)
            copy.close()
        }
    }

    @Test(
        "a descriptor is removed from every multiplexer that watches it when it is closed",
        arguments: MultiplexerKind.allCases,
        MultiplexerKind.allCases
    )
    func duplicateInSeveral(_ kind: MultiplexerKind, _ otherKind: MultiplexerKind) throws {
        var first = try kind.make()
        var second = try otherKind.make()
        var third = try kind.make()
        let event = try makeEventDescriptor(1)
        let copy = try event.duplicate()
        try first.add(event, for: .readable, token: 1)
        try second.add(event, for: .readable, token: 2)
        try third.add(copy, for: .readable, token: 3)
        event.close()
        #expect(try first.readyNow().isEmpty)
        #expect(try second.readyNow().isEmpty)
        #expect(try third.readyNow().map(\.token) == [3])
        var batch = try EventBatch(capacity: 8)
        #expect(try first.wait(into: &batch, upTo: .milliseconds(5)) == 0)
        #expect(try second.wait(into: &batch, upTo: .milliseconds(5)) == 0)
    }

    @Test("after a close by somebody else, a duplicate on the same number is still known")
    func duplicateOnItsOldNumber() async {
        await #expect(processExitsWith: .success) {
            alarm(500)
            let epoll = try Epoll()
            let event = try movedUp(makeEventDescriptor(1))
            let copy = try event.duplicate()
            try epoll.add(event, for: .readable, token: 1)
            let number = event.release()
            try number.close()
            try #require(dup2(copy.fileDescriptor.rawValue, number.rawValue) == number.rawValue)
            let again = Descriptor(adopting: number)
            // The kernel takes it for the one it knows, and so it is.
            let error = failure { () throws(IOError) in try epoll.add(again, for: .readable, token: 2) }
            #expect(error?.code == .alreadyRegistered)
            try epoll.modify(again, for: .readable, token: 2)
            #expect(try readyNow(epoll).map(\.token) == [2])
        }
    }

    @Test("descriptors may outlive the multiplexer, and the other way round", arguments: MultiplexerKind.allCases)
    func lifetimes(_ kind: MultiplexerKind) throws {
        let event = try makeEventDescriptor(1)
        for _ in 0..<50 {
            var multiplexer = try kind.make()
            try multiplexer.add(event, for: .readable, token: 0)
            #expect(try multiplexer.readyNow().count == 1)
        }
        var multiplexer = try kind.make()
        for _ in 0..<50 {
            let shortLived = try makeEventDescriptor(1)
            try multiplexer.add(shortLived, for: .readable, token: 0)
        }
        #expect(try multiplexer.readyNow().isEmpty)
    }

    @Test("a batch may outlive its multiplexer", arguments: MultiplexerKind.allCases)
    func batchOutlivesMultiplexer(_ kind: MultiplexerKind) throws {
        let event = try makeEventDescriptor(1)
        var batch = try EventBatch(capacity: 8)
        do {
            var multiplexer = try kind.make()
            try multiplexer.add(event, for: .readable, token: 5)
            try multiplexer.wait(into: &batch, upTo: .zero)
        }
        let rest = batch.rest()
        #expect(rest.allSatisfy { $0.token == 5 })
    }
}
