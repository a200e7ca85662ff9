internal import Readiness
internal import Sockets
internal import Synchronization

/// A task that waits for the addresses of a name. It ends once: with the answer, at its deadline, with its loop, or when the
/// task is cancelled.
final class Lookup: TimerNode, LoopMember, @unchecked Sendable {
    // Unchecked: the state is behind the lock; the places in the loop's lists belong to the loop's thread.

    typealias Outcome = Result<[SocketAddress], IOError>

    private struct State {
        var resume: Resumption<Outcome>?
        var outcome: Outcome?
    }

    let name: String
    private let state = Mutex(State())
    private let isAbandoned = Atomic(false)
    var timerIndex = -1
    var memberIndex = -1

    init(_ name: String) {
        self.name = name
    }

    func begin(_ resume: Resumption<Outcome>) {
        let outcome = state.withLock(of: self) { state in
            if state.outcome == nil { state.resume = resume }
            return state.outcome
        }
        if let outcome { resume(outcome) }
    }

    func end(_ outcome: Outcome) {
        let resume = state.withLock(of: self) { state in
            if state.outcome == nil { state.outcome = outcome }
            return state.resume.take()
        }
        resume?.fromElsewhere(outcome)
    }

    func timerFired(now: Int64) {
        end(.failure(IOError("getaddrinfo", .timedOut, detail: name)))
    }

    func loopIsEnding(_ error: IOError) {
        isAbandoned.store(true, ordering: .releasing)
        end(.failure(error))
    }

    /// Whether its loop has ended, and no longer has it in its lists.
    var loopHasEnded: Bool { isAbandoned.load(ordering: .acquiring) }

    var isOver: Bool { state.withLock(of: self) { $0.outcome != nil } }
}
