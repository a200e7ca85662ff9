import CLinux
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// Two sockets are ready in one batch; while the first event is handled, something happens to the other socket.
@Suite("Events that are stale by the time they are due", .timeLimit(.minutes(1)))
struct StalenessTests {
    enum Happening: String, CaseIterable, Codable {
        case removed, closed, closedAndNumberReused, closedAndReusedAndAdded, closedByOthersAndReusedAndAdded
        case interestChanged, tokenChanged, pausedAndResumed, removedAndAdded
    }

    /// Sockets that may be closed and made anew in the middle of a batch.
    private struct World: ~Copyable {
        let epoll: Epoll
        let trigger: Trigger
        var sockets = TokenTable<Socket>()
        var peers = TokenTable<Socket>()

        init(_ epoll: consuming Epoll, _ trigger: Trigger) {
            self.epoll = epoll
            self.trigger = trigger
        }

        mutating func addReadySocket() throws {
            try Socket.pair().split { (first, second) throws in
                try second.write("x")
                let token = sockets.insert(first)
                _ = peers.insert(second)
                _ = try sockets.withState(of: token) { (socket: inout Socket) throws in
                    try epoll.add(socket, for: .readable, trigger: trigger, token: token)
                }
            }
        }

        /// The descriptor of a socket, which is not closed with it any more.
        mutating func releaseSocket(_ token: Token) -> FileDescriptor? {
            guard let socket = sockets.remove(token) else { return nil }
            return socket.release()
        }
    }

    /// Puts a new unix socket, that has something to read, on a number.
    private func reuse(_ number: CInt) throws -> SocketPair {
        try Socket.pair().split { (first, second) throws in
            let temporary = first.release()
            if temporary.rawValue != number {
                try #require(dup2(temporary.rawValue, number) == number)
                try temporary.close()
            }
            try second.write("y")
            return SocketPair(first: try Socket(adopting: FileDescriptor(rawValue: number)), second: second)
        }
    }

    /// In a process of its own, for others must not take the numbers that are closed.
    @Test("are not handed out", arguments: Happening.allCases)
    func staleness(_ happening: Happening) async {
        await #expect(processExitsWith: .success) { [happening] in
            let tests = StalenessTests()
            for trigger in Trigger.allCases { try tests.check(happening, trigger) }
        }
    }

    private func check(_ happening: Happening, _ trigger: Trigger) throws {
        var world = World(try Epoll(), trigger)
        for _ in 0..<2 { try world.addReadySocket() }
        var batch = try EventBatch(capacity: 8)
        let count = try world.epoll.wait(into: &batch, upTo: patience)
        #expect(count == 2)
        let handed = batch.next()
        let first = try #require(handed)
        let other: Token = first.token == 0 ? 1 : 0
        let expectation = try happen(happening, to: other, in: &world)
        let rest = batch.rest()
        #expect(rest == expectation.now, "\(happening), \(trigger)")
        let next = try readyNow(world.epoll).filter { $0.token != first.token }
        #expect(next == expectation.next, "\(happening), \(trigger)")
    }

    /// Lets it happen, and says what is expected of the rest of the batch and of the next wait.
    private func happen(
        _ happening: Happening,
        to token: Token,
        in world: inout World
    ) throws -> (now: [EventBatch.Event], next: [EventBatch.Event]) {
        let new: Token = 99
        let trigger = world.trigger
        switch happening {
        case .removed:
            _ = try world.sockets.withState(of: token) { (socket: inout Socket) throws in
                try world.epoll.remove(socket)
            }
            return ([], [])
        case .closed:
            world.sockets.remove(token)
            return ([], [])
        case .closedAndNumberReused, .closedAndReusedAndAdded:
            let number = world.sockets.withState(of: token) { socket in socket.fileDescriptor.rawValue }
            world.sockets.remove(token)
            let pair = try reuse(try #require(number))
            let isAdded = happening == .closedAndReusedAndAdded
            if isAdded { try world.epoll.add(pair.first, for: .readable, trigger: trigger, token: new) }
            pair.split { (first, second) in
                _ = world.sockets.insert(first)
                _ = world.peers.insert(second)
            }
            return ([], isAdded ? [EventBatch.Event(token: new, events: .readable)] : [])
        case .closedByOthersAndReusedAndAdded:
            let released = world.releaseSocket(token)
            let descriptor = try #require(released)
            try descriptor.close()
            let pair = try reuse(descriptor.rawValue)
            try world.epoll.add(pair.first, for: .readable, trigger: trigger, token: new)
            pair.split { (first, second) in
                _ = world.sockets.insert(first)
                _ = world.peers.insert(second)
            }
            return ([], [EventBatch.Event(token: new, events: .readable)])
        case .interestChanged:
            _ = try world.sockets.withState(of: token) { (socket: inout Socket) throws in
                try world.epoll.rearm(socket, for: .writable)
            }
            return ([], [EventBatch.Event(token: token, events: .writable)])
        case .tokenChanged:
            _ = try world.sockets.withState(of: token) { (socket: inout Socket) throws in
                try world.epoll.modify(socket, for: .readable, trigger: trigger, token: new)
            }
            return ([], [EventBatch.Event(token: new, events: .readable)])
        case .pausedAndResumed:
            _ = try world.sockets.withState(of: token) { (socket: inout Socket) throws in
                try world.epoll.rearm(socket, for: [])
                try world.epoll.rearm(socket, for: .readable)
            }
            // What is asked for again may be handed out again. After a one-shot event the kernel alone reports it, once.
            let event = EventBatch.Event(token: token, events: .readable)
            return (trigger.isOneShot ? [] : [event], [event])
        case .removedAndAdded:
            _ = try world.sockets.withState(of: token) { (socket: inout Socket) throws in
                try world.epoll.remove(socket)
                try world.epoll.add(socket, for: .readable, trigger: trigger, token: new)
            }
            return ([], [EventBatch.Event(token: new, events: .readable)])
        }
    }

    @Test("part of an event goes when part of the interest goes")
    func partOfInterest() throws {
        let pair = try Socket.pair()
        let epoll = try Epoll()
        try epoll.add(pair.first, for: [.readable, .writable], token: 0)
        try pair.second.write("x")
        var batch = try EventBatch(capacity: 8)
        try epoll.wait(into: &batch, upTo: patience)
        try epoll.rearm(pair.first, for: .writable)
        let rest = batch.rest()
        #expect(rest.map(\.events) == [.writable])
    }

    @Test("a socket may be closed while its own event is handled, and the number be accepted again")
    func closeInOwnEvent() throws {
        let epoll = try Epoll()
        var batch = try EventBatch(capacity: 8)
        for round in 0..<100 {
            let token = Token(round)
            try Socket.pair().split { (first, second) throws in
                try epoll.add(first, for: .readable, trigger: .edge, token: token)
                try second.write("x")
                try epoll.wait(into: &batch, upTo: patience)
                let event = batch.next()
                first.close()
                #expect(event == EventBatch.Event(token: token, events: .readable))
                let none = batch.next()
                #expect(none == nil)
            }
        }
    }

    // MARK: Duplicates

    @Test("a closed descriptor of which a duplicate is left is heard of no more", arguments: Trigger.allCases)
    func duplicate(_ trigger: Trigger) throws {
        let epoll = try Epoll()
        try Socket.pair().split { (first, second) throws in
            try epoll.add(first, for: .readable, trigger: trigger, token: 1)
            let descriptor = first.intoDescriptor()
            let copy = try descriptor.duplicate()
            try second.write("x")
            descriptor.close()
            // A registration that is left in the kernel would end this wait at once, time after time.
            var batch = try EventBatch(capacity: 8)
            #expect(try epoll.wait(into: &batch, upTo: .milliseconds(20)) == 0)
            try second.write("y")
            #expect(try epoll.wait(into: &batch, upTo: .milliseconds(20)) == 0)
            copy.close()
        }
    }

    @Test("a descriptor is removed from every epoll that watches it when it is closed")
    func duplicateInSeveral() throws {
        let first = try Epoll()
        let second = try Epoll()
        let third = try Epoll()
        let event = try makeEventDescriptor(1)
        let copy = try event.duplicate()
        try first.add(event, for: .readable, token: 1)
        try second.add(event, for: .readable, token: 2)
        try third.add(copy, for: .readable, token: 3)
        event.close()
        #expect(try readyNow(first).isEmpty)
        #expect(try readyNow(second).isEmpty)
        #expect(try readyNow(third).map(\.token) == [3])
        var batch = try EventBatch(capacity: 8)
        #expect(try first.wait(into: &batch, upTo: .milliseconds(5)) == 0)
        #expect(try second.wait(into: &batch, upTo: .milliseconds(5)) == 0)
    }

    @Test("after a close by somebody else, a duplicate on the same number is still known")
    func duplicateOnItsOldNumber() async {
        await #expect(processExitsWith: .success) {
            let epoll = try Epoll()
            let event = try makeEventDescriptor(1)
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

    @Test("descriptors may outlive the epoll, and the other way round")
    func lifetimes() throws {
        let event = try makeEventDescriptor(1)
        for _ in 0..<50 {
            let epoll = try Epoll()
            try epoll.add(event, for: .readable, token: 0)
            #expect(try readyNow(epoll).count == 1)
        }
        let epoll = try Epoll()
        for _ in 0..<50 {
            let shortLived = try makeEventDescriptor(1)
            try epoll.add(shortLived, for: .readable, token: 0)
        }
        #expect(try readyNow(epoll).isEmpty)
    }

    @Test("a batch may outlive its epoll")
    func batchOutlivesEpoll() throws {
        let event = try makeEventDescriptor(1)
        var batch = try EventBatch(capacity: 8)
        do {
            let epoll = try Epoll()
            try epoll.add(event, for: .readable, token: 5)
            try epoll.wait(into: &batch, upTo: .zero)
        }
        let rest = batch.rest()
        #expect(rest.allSatisfy { $0.token == 5 })
    }
}
