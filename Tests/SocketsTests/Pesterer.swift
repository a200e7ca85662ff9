import FaultTools
import Glibc
import Synchronization

/// Sends a signal to the thread that made it, a thousand times a second until it is stopped. The handler only counts,
/// and system calls are not restarted, so that a call which waits fails with EINTR.
final class Pesterer: Sendable {
    private let isStopped = Atomic(false)
    private let hasEnded = Atomic(false)
    /// How often the handler ran, in whatever test.
    static let handled = Atomic(0)

    /// While it pesters, a call of `afterwards` may end the wait of the thread that is pestered.
    init(until rounds: Int = .max, afterwards: @escaping @Sendable () -> Void = {}) {
        Self.installHandler()
        // Threads of the concurrency pool block signals.
        Self.mask(SIG_UNBLOCK)
        let target = Glibc.pthread_self()
        _ = Worker { [self] in
            var round = 0
            while !isStopped.load(ordering: .acquiring), round < rounds {
                pthread_kill(target, SIGUSR1)
                usleep(1000)
                round += 1
            }
            afterwards()
            hasEnded.store(true, ordering: .releasing)
        }
    }

    /// No signal comes after this, and the sockets of `afterwards` are not used any more.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        while !hasEnded.load(ordering: .acquiring) { usleep(100) }
        Self.mask(SIG_BLOCK)
    }

    private static func mask(_ how: CInt) {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGUSR1)
        unsafe pthread_sigmask(how, &signals, nil)
    }

    private static func installHandler() {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in Pesterer.handled.add(1, ordering: .relaxed) }
        unsafe sigaction(SIGUSR1, &action, nil)
    }
}
