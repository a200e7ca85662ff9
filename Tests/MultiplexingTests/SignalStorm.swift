import Glibc
import Synchronization
import Testing

/// Interrupts the thread that makes it, thousands of times a second.
final class SignalStorm: Sendable {
    private final class State: Sendable {
        let isOver = Atomic(false)
        let count = Atomic(0)
    }

    private let state: State
    private let worker: Worker

    /// How many signals have been sent.
    var count: Int { state.count.load(ordering: .relaxed) }

    init() throws {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in }
        try #require(unsafe sigaction(SIGUSR1, &action, nil) == 0)
        // The threads of the concurrency pool block it.
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_UNBLOCK, &all, nil)
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

    func end() {
        state.isOver.store(true, ordering: .relaxed)
        worker.join()
    }
}
