internal import Glibc
internal import Synchronization

/// Interrupts the thread that makes it, thousands of times a second.
package final class SignalStorm: Sendable {
    private final class State: Sendable {
        let isOver = Atomic(false)
        let count = Atomic(0)
    }

    private let state: State
    private let worker: Worker

    /// How many signals have been sent.
    package var count: Int { state.count.load(ordering: .relaxed) }

    package init() throws {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in }
        guard unsafe sigaction(SIGUSR1, &action, nil) == 0 else { throw ToolFailure("SIGUSR1 cannot be caught") }
        unblockSignals()
        let state = State()
        let target = pthread_self()
        self.state = state
        worker = Worker {
            while !state.isOver.load(ordering: .relaxed) {
                pthread_kill(target, SIGUSR1)
                state.count.add(1, ordering: .relaxed)
                usleep(200)
            }
        }
    }

    package func end() {
        state.isOver.store(true, ordering: .relaxed)
        worker.join()
    }
}
