import FaultTools
import Glibc
import Readiness
import Sockets
import Synchronization
import SystemPackage
import Testing

/// Dispositions and pending signals belong to the process, so each test that raises some has a process of its own.
@Suite("SignalMailbox")
struct SignalMailboxTests {
    private static func take(_ mailbox: borrowing SignalMailbox) -> [Signal] {
        wait(for: POLLIN, on: mailbox.fileDescriptor)
        return Array(mailbox.take())
    }

    private static func handler(of signal: Signal) -> Int {
        var action = sigaction()
        unsafe sigaction(signal.rawValue, nil, &action)
        return unsafe unsafeBitCast(action.__sigaction_handler, to: Int.self)
    }

    @Test("every mailbox that asked gets the signal, the others do not")
    func everyone() async {
        await #expect(processExitsWith: .success) {
            unblockSignals()
            let first = try SignalMailbox()
            let second = try SignalMailbox()
            let third = try SignalMailbox()
            try first.subscribe(to: .user1)
            try second.subscribe(to: .user1)
            try second.subscribe(to: .user2)
            try third.subscribe(to: .user2)
            kill(getpid(), SIGUSR1)
            #expect(Self.take(first) == [.user1])
            #expect(Self.take(second) == [.user1])
            #expect(!isReadable(third.fileDescriptor))
            #expect(!isReadable(first.fileDescriptor), "taken")
            kill(getpid(), SIGUSR2)
            #expect(Self.take(second) == [.user2])
            #expect(Self.take(third) == [.user2])
            #expect(!isReadable(first.fileDescriptor))
        }
    }

    @Test("signals that arrive before they are taken count once each")
    func coalesced() async {
        await #expect(processExitsWith: .success) {
            unblockSignals()
            let mailbox = try SignalMailbox()
            try mailbox.subscribe(to: .user1)
            try mailbox.subscribe(to: .user1)
            try mailbox.subscribe(to: .hangUp)
            try mailbox.subscribe(to: Signal(rawValue: 64))
            for _ in 0..<10 {
                raise(SIGUSR1)
                raise(SIGHUP)
                raise(64)
            }
            #expect(Self.take(mailbox) == [.hangUp, .user1, Signal(rawValue: 64)])
            #expect(mailbox.take().isEmpty)
            mailbox.unsubscribe(from: .user1)
            #expect(Self.handler(of: .user1) == 0, "subscribing twice counts once")
        }
    }

    @Test("the last subscriber puts the earlier disposition back", arguments: [0, 1])
    func restores(_ earlier: Int) async {
        await #expect(processExitsWith: .success) { [earlier] in
            unblockSignals()
            signal(SIGUSR1, earlier == 0 ? SIG_DFL : SIG_IGN)
            #expect(Self.handler(of: .user1) == earlier)
            let first = try SignalMailbox()
            try first.subscribe(to: .user1)
            do {
                let second = try SignalMailbox()
                try second.subscribe(to: .user1)
            }
            #expect(Self.handler(of: .user1) != earlier, "one still subscribes")
            first.unsubscribe(from: .user1)
            #expect(Self.handler(of: .user1) == earlier)
            first.unsubscribe(from: .user1)
            first.unsubscribe(from: .user2)
            #expect(Self.handler(of: .user2) == 0)
        }
    }

    @Test("a handler that somebody installed since then stays")
    func keepsOthers() async {
        await #expect(processExitsWith: .success) {
            unblockSignals()
            let mailbox = try SignalMailbox()
            try mailbox.subscribe(to: .user1)
            signal(SIGUSR1, SIG_IGN)
            mailbox.unsubscribe(from: .user1)
            #expect(Self.handler(of: .user1) == 1)
        }
    }

    @Test("arrivals that were not taken go with the subscription")
    func unsubscribed() async {
        await #expect(processExitsWith: .success) {
            unblockSignals()
            let mailbox = try SignalMailbox()
            try mailbox.subscribe(to: .user1)
            try mailbox.subscribe(to: .user2)
            raise(SIGUSR1)
            raise(SIGUSR2)
            mailbox.unsubscribe(from: .user1)
            #expect(Self.take(mailbox) == [.user2])
            try mailbox.subscribe(to: .user1)
            #expect(mailbox.take().isEmpty)
        }
    }

    /// The call that was interrupted would otherwise fail for a reason that never was.
    @Test("the handler leaves errno as it was")
    func keepsErrno() async {
        await #expect(processExitsWith: .success) {
            unblockSignals()
            let mailbox = try SignalMailbox()
            try mailbox.subscribe(to: .user1)
            // It can take no more, so the handler's own call fails.
            var most = UInt64.max - 1
            let written = unsafe write(mailbox.fileDescriptor.rawValue, &most, 8)
            errno = EDOM
            raise(SIGUSR1)
            let after = errno
            #expect(written == 8)
            #expect(after == EDOM)
            #expect(Self.take(mailbox) == [.user1])
        }
    }

    @Test("what cannot be caught is refused", arguments: [SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP])
    func refused(_ number: CInt) throws {
        let mailbox = try SignalMailbox()
        let error = failure { () throws(IOError) in try mailbox.subscribe(to: Signal(rawValue: number)) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.detail == "signal \(number) cannot be caught")
    }

    @Test(
        "numbers that are no signals, and those of the C library",
        arguments: [0, -1, 65, 32, 33, .max, .min] as [CInt]
    )
    func noSignals(_ number: CInt) throws {
        let mailbox = try SignalMailbox()
        let error = failure { () throws(IOError) in try mailbox.subscribe(to: Signal(rawValue: number)) }
        #expect(error?.code == .invalidArgument)
        mailbox.unsubscribe(from: Signal(rawValue: number))
        #expect(!mailbox.take().contains(Signal(rawValue: number)))
    }

    @Test("mailboxes run out at 256, and come back")
    func exhausted() async {
        await #expect(processExitsWith: .success) {
            unblockSignals()
            final class Holder {
                let mailbox: SignalMailbox
                init() throws(IOError) { mailbox = try SignalMailbox() }
            }
            var holders = try (0..<256).map { _ in try Holder() }
            let error = failure { () throws(IOError) in try SignalMailbox() }
            #expect(error?.code == .busy)
            holders.remove(at: 100)
            let next = try SignalMailbox()
            try next.subscribe(to: .user1)
            raise(SIGUSR1)
            #expect(Self.take(next) == [.user1])
            #expect(holders.allSatisfy { $0.mailbox.take().isEmpty })
        }
    }

    @Test("the signal of a child does not reach its parent; a child has mailboxes of its own")
    func fork() async {
        await #expect(processExitsWith: .success) {
            unblockSignals()
            let mailbox = try SignalMailbox()
            try mailbox.subscribe(to: .user1)
            let child = forkedChild { () throws(IOError) in
                raise(SIGUSR1)
                guard !isReadable(mailbox.fileDescriptor), mailbox.take().isEmpty else { return 1 }
                let own = try SignalMailbox()
                try own.subscribe(to: .user1)
                raise(SIGUSR1)
                return own.take().contains(.user1) && mailbox.take().isEmpty ? 0 : 2
            }
            var status: CInt = -1
            #expect(unsafe waitpid(child, &status, 0) == child)
            #expect(status == 0)
            #expect(!isReadable(mailbox.fileDescriptor))
            raise(SIGUSR1)
            #expect(Self.take(mailbox) == [.user1])
        }
    }

    @Test("children that end are all seen, however their signals coalesce")
    func children() async {
        await #expect(processExitsWith: .success) {
            unblockSignals()
            let mailbox = try SignalMailbox()
            try mailbox.subscribe(to: .child)
            let count = 20
            for _ in 0..<count { #expect(forkedChild { 0 } > 0) }
            var ended = 0
            while ended < count {
                #expect(Self.take(mailbox).isSubset(of: [.child]))
                while waitpid(-1, nil, WNOHANG) > 0 { ended += 1 }
            }
            #expect(waitpid(-1, nil, WNOHANG) == -1, "no zombie is left")
        }
    }

    @Test("mailboxes come and go while signals storm in on other threads")
    func storm() async {
        await #expect(processExitsWith: .success) {
            unblockSignals()
            // Ignored while nobody subscribes, else the storm would end the process.
            signal(SIGUSR1, SIG_IGN)
            let isOver = Atomic(false)
            let rounds = 300
            let received = Atomic(0)
            Worker.run(5) { role in
                switch role {
                case 0, 1, 2:
                    while !isOver.load(ordering: .acquiring) { pthread_kill(pthread_self(), SIGUSR1) }
                case 3:
                    // One that stays, so that the handler is always installed.
                    guard let mailbox = try? SignalMailbox(), (try? mailbox.subscribe(to: .user1)) != nil else {
                        return isOver.store(true, ordering: .releasing)
                    }
                    while !isOver.load(ordering: .acquiring) {
                        if mailbox.take().contains(.user1) { received.add(1, ordering: .relaxed) }
                        sched_yield()
                    }
                default:
                    for _ in 0..<rounds {
                        guard let mailbox = try? SignalMailbox() else { break }
                        guard (try? mailbox.subscribe(to: .user1)) != nil else { break }
                        wait(for: POLLIN, on: mailbox.fileDescriptor)
                        if mailbox.take().contains(.user1) { received.add(1, ordering: .relaxed) }
                    }
                    isOver.store(true, ordering: .releasing)
                }
            }
            #expect(received.load(ordering: .relaxed) >= rounds)
        }
    }

}

/// Runs `body` in a forked child that ends with its result.
private func forkedChild(_ body: () throws(IOError) -> CInt) -> pid_t {
    let child = forkProcess()
    guard child == 0 else { return child }
    do throws(IOError) {
        _exit(try body())
    } catch {
        _exit(9)
    }
}

extension [Signal] {
    fileprivate func isSubset(of others: [Signal]) -> Bool {
        allSatisfy(others.contains)
    }
}
