import FaultTools
import Glibc
import Multiplexing
import Readiness
import Sockets
import Synchronization
import SystemPackage
import Testing

@Suite("Exclusive wake-up")
struct ExclusiveTests {
    /// What the threads of the herd share.
    private final class Herd: Sendable {
        let listener: FileDescriptor
        let finish: FileDescriptor
        let isExclusive: Bool
        let threads = Mutex<[BlockedThread]>([])
        let woken = Atomic(0)
        let mistakes = Atomic(0)

        init(listener: FileDescriptor, finish: FileDescriptor, isExclusive: Bool) {
            self.listener = listener
            self.finish = finish
            self.isExclusive = isExclusive
        }

        /// Counts the wake-ups of one thread that the listener brings, until the finish.
        func watch() throws {
            threads.withLock(of: self) { $0.append(BlockedThread(number: BlockedThread.ownNumber())) }
            let epoll = try Epoll()
            if isExclusive {
                try epoll.addExclusively(listener, for: .readable, token: 1)
            } else {
                try epoll.add(listener, for: .readable, token: 1)
            }
            try epoll.add(finish, for: .readable, token: 2)
            var batch = try EventBatch(capacity: 4)
            // Longer than the test waits for all of them, twice.
            while try epoll.wait(into: &batch, upTo: patience * 4) > 0 {
                while let event = batch.next() {
                    guard event.token == 1 else { return }
                    woken.add(1, ordering: .releasing)
                    try epoll.remove(listener)
                }
            }
            mistakes.add(1, ordering: .relaxed)
        }

        var areAllWaiting: Bool {
            let threads = threads.withLock(of: self) { $0 }
            return threads.count == ExclusiveTests.herdSize && threads.allSatisfy(\.isWaiting)
        }
    }

    private static let herdSize = 8

    private func waitUntil(_ condition: () -> Bool) {
        let deadline = ContinuousClock.now + patience
        while !condition(), ContinuousClock.now < deadline { usleep(500) }
        #expect(condition())
    }

    @Test("fault 30: of eight that wait for one connection, one wakes; without it all do", arguments: [true, false])
    func herd(_ isExclusive: Bool) throws {
        let listener = try Socket.listening(on: .loopback(port: 0))
        let finish = try makeEventDescriptor()
        let herd = Herd(
            listener: listener.fileDescriptor,
            finish: finish.fileDescriptor,
            isExclusive: isExclusive
        )
        let workers = (0..<Self.herdSize).map { _ in
            Worker {
                do { try herd.watch() } catch { herd.mistakes.add(1, ordering: .relaxed) }
            }
        }
        waitUntil { herd.areAllWaiting }
        let client = try Socket.connecting(to: try listener.localAddress()).intoSocket()
        let expected = isExclusive ? 1 : Self.herdSize
        waitUntil { herd.woken.load(ordering: .acquiring) >= expected && herd.areAllWaiting }
        signal(finish)
        for worker in workers { worker.join() }
        #expect(herd.woken.load(ordering: .acquiring) == expected)
        #expect(herd.mistakes.load(ordering: .relaxed) == 0)
        client.close()
    }

    @Test("takes edges, and reports what is ready already", arguments: [Trigger.level, .edge])
    func triggers(_ trigger: Trigger) throws {
        let event = try makeEventDescriptor(1)
        let epoll = try Epoll()
        try epoll.addExclusively(event, for: .readable, trigger: trigger, token: 3)
        let expected = EventBatch.Event(token: 3, events: .readable)
        #expect(try readyNow(epoll) == [expected])
        #expect(try readyNow(epoll) == (trigger == .level ? [expected] : []))
        signal(event)
        #expect(try readyNow(epoll) == [expected])
    }

    @Test("refuses what the kernel has no exclusive form of")
    func refusals() throws {
        let event = try makeEventDescriptor(1)
        let epoll = try Epoll()
        for trigger in Trigger.allCases {
            for interest in [Interest.readable, .writable, .priority, .peerClosed, [.readable, .peerClosed]] {
                guard trigger.isOneShot || !interest.isSubset(of: [.readable, .writable]) else { continue }
                let error = failure { () throws(IOError) in
                    try epoll.addExclusively(event, for: interest, trigger: trigger, token: 0)
                }
                #expect(error?.code == .unsupported)
            }
        }
        #expect(failure { () throws(IOError) in try epoll.remove(event) }?.code == .notRegistered)
    }

    @Test("cannot be changed, only removed and added again")
    func changes() throws {
        let event = try makeEventDescriptor(1)
        let epoll = try Epoll()
        try epoll.addExclusively(event, for: .readable, token: 3)
        let errors = [
            failure { () throws(IOError) in try epoll.modify(event, for: .readable, token: 4) },
            failure { () throws(IOError) in try epoll.rearm(event) },
        ]
        #expect(errors.allSatisfy { $0?.code == .invalidArgument })
        let error = failure { () throws(IOError) in try epoll.addExclusively(event, for: .readable, token: 4) }
        #expect(error?.code == .alreadyRegistered)
        #expect(try readyNow(epoll).map(\.token) == [3])
        try epoll.remove(event)
        try epoll.addExclusively(event, for: .readable, token: 5)
        #expect(try readyNow(epoll).map(\.token) == [5])
        // The close of its owner ends it as any other.
        event.close()
        #expect(try readyNow(epoll).isEmpty)
    }
}
