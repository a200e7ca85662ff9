import Dispatch
import FaultTools
import Glibc
import Libevent
import Readiness
import Sockets
import Synchronization
import Testing

/// What must be seen from outside a process: traps and forks. Each body runs in a process of its own.
@Suite struct ProcessTests {
    /// The base crosses to another thread only because this lies to the compiler, as a program with a bug would.
    private struct Smuggled: @unchecked Sendable {
        let base: EventBase
    }

    @Test func aCallFromAWrongThreadTrapsAndNamesTheFix() async throws {
        let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let base = try EventBase()
            let smuggled = Smuggled(base: base)
            try base.schedule(after: .zero) { _ in
                let done = DispatchSemaphore(value: 0)
                DispatchQueue.global().async {
                    smuggled.base.stop()
                    done.signal()
                }
                done.wait()
            }
            try base.run()
        }
        let message = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(message.contains("loop.poster().post"))
    }

    /// A child shares the parent's epoll instance: what it closes must stay registered for the parent.
    @Test func aChildThatClosesWhatItInheritedLeavesTheParentItsEvents() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for kind in TestBase.allCases {
                for way in 0..<4 { try closingChildTest(kind, way) }
            }
            exit(0)
        }
    }

    @Test func aChildMustReinitialiseAndTheParentIsUntouched() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for kind in TestBase.allCases {
                try childTest(kind)
            }
            exit(0)
        }
    }

    /// Somebody may be posting at the moment of the fork: the lock that he holds stays locked in the child.
    @Test func aChildNeedsNoLockThatAnotherThreadHadAtTheFork() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for kind in TestBase.allCases { try forkWhilePosting(kind) }
            exit(0)
        }
    }

    @Test func aLogHandlerThatChangesErrnoChangesNoError() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            LibeventLog.setHandler { _, _ in errno = ENOTTY }
            let base = try EventBase(EventConfiguration(method: .epoll))
            let file = try temporaryFile([1])
            let event = try Event(on: base, watching: file.fileDescriptor, for: .readable) { _, _ in }
            let error = #expect(throws: IOError.self) { try event.add() }
            try #require(error?.code == .notPollable)
            exit(0)
        }
    }
}

private func childTest(_ kind: TestBase) throws {
    let base = try kind.make()
    let poster = try base.poster()
    var signals = 0
    let signal = Signal(rawValue: 40 + 4)
    try base.onSignal(signal) { _ in signals += 1 }
    var pair = try Socket.pair()
    var received = 0
    try base.watch(take(&pair), for: .readable) { event, _ in received += (try? event.socket.drain().bytes.count) ?? 0 }

    let child = forkProcess()
    try #require(child >= 0)
    if child == 0 {
        let refused = try? base.run(.withoutWaiting)
        guard refused == nil else { _exit(10) }
        do throws(any Error) {
            try base.reinitialiseAfterFork()
            guard !poster.post({ _ in }) else { _exit(11) }
            kill(getpid(), signal.rawValue)
            var posted = false
            try base.poster().post { base in base.stop() }
            posted = try base.run() == .stopped
            guard posted else { _exit(12) }
            try base.run(until: { signals == 1 })
            try pair.second.send("child")
            try base.run(until: { received == 5 })
        } catch {
            _exit(13)
        }
        _exit(0)
    }
    var status: CInt = 0
    #expect(unsafe waitpid(child, &status, 0) == child)
    try #require(status == 0, "the child ended with status \(status >> 8)")
    // The child's signal and posts did not come here; its socket is shared, and the child has read what it sent.
    try base.runWithoutWaiting()
    try #require(signals == 0)
    try #require(received == 0)
    try #require(poster.post { base in base.stop() })
    try #require(try base.run() == .stopped)
    try pair.second.send("parent")
    try base.run(until: { received == 6 })
}

/// The child closes the base, an event or a stream, or asks for something new, without making the base its own first.
private func closingChildTest(_ kind: TestBase, _ way: Int) throws {
    let base = try kind.make()
    var pair = try Socket.pair()
    var received = 0
    let event = try base.watch(take(&pair), for: .readable) { event, _ in
        received += (try? event.socket.drain().bytes.count) ?? 0
    }
    let ends = try StreamEnds(base)
    var arrived = 0
    ends.stream.onRead { stream in arrived = stream.input.count }
    try ends.stream.enable(.readable)

    let child = forkProcess()
    try #require(child >= 0)
    if child == 0 {
        switch way {
        case 0: base.close()
        case 1:
            event.remove()
            ends.stream.abort()
        case 2:
            ends.stream.close()
            event.close()
        default:
            let another = try? SocketBox()
            let added = another.flatMap { try? base.watch($0.takeFirst(), for: .readable) { _, _ in } }
            if added != nil { _exit(10) }
        }
        _exit(0)
    }
    var status: CInt = 0
    #expect(unsafe waitpid(child, &status, 0) == child)
    try #require(status == 0, "the child ended with status \(status >> 8)")
    try pair.second.send("one")
    try ends.peer.send("two")
    // A stream that the child closed in an orderly way is shut for both.
    try base.run(until: { received == 3 && (arrived == 3 || way == 2) })
    base.close()
}

private func forkWhilePosting(_ kind: TestBase) throws {
    try doWhatTheChildDoes(kind)
    let base = try kind.make()
    let poster = try base.poster()
    let state = Posting()
    let posting = Worker {
        while !state.isOver.load(ordering: .relaxed) {
            poster.post { _ in state.arrived.add(1, ordering: .relaxed) }
            usleep(20)
        }
    }
    try base.run(until: { state.arrived.load(ordering: .relaxed) > 10 })
    for _ in 0..<20 {
        let child = forkProcess()
        try #require(child >= 0)
        if child == 0 {
            guard (try? base.reinitialiseAfterFork()) != nil, !poster.post({ _ in }) else { _exit(10) }
            _exit(0)
        }
        var status: CInt = 0
        #expect(unsafe waitpid(child, &status, 0) == child)
        try #require(status == 0, "the child ended with status \(status)")
        try base.run(.withoutWaiting)
    }
    state.isOver.store(true, ordering: .relaxed)
    posting.join()
}

/// What the runtime does once in a process it must have done before the fork: where another thread was about to, the child
/// waits for it for ever.
private func doWhatTheChildDoes(_ kind: TestBase) throws {
    let base = try kind.make()
    try base.poster().post { _ in }
    try base.reinitialiseAfterFork()
}

private final class Posting: Sendable {
    let isOver = Atomic(false)
    let arrived = Atomic(0)
}
