internal import Readiness
internal import Synchronization

/// The end of a loop's run, and who waits for it. Apart from the loop, so that its thread can let go of the loop first.
final class LoopEnd: Sendable {
    private struct State {
        var isReached = false
        var waiters: [Resumption<Void>] = []
    }

    private let state = Mutex(State())

    /// Suspends the task until the end is reached.
    func wait() async {
        await suspended { resume in
            let isReached = state.withLock(of: self) { state in
                if !state.isReached { state.waiters.append(resume) }
                return state.isReached
            }
            if isReached { resume() }
        }
    }

    func reach() {
        let waiters = state.withLock(of: self) { state in
            state.isReached = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for resume in waiters { resume.fromElsewhere() }
    }
}
