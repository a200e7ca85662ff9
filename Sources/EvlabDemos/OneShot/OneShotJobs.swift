internal import Glibc
internal import Readiness
internal import Synchronization

/// Clients on their way from a loop to its workers.
@safe
final class OneShotJobs: Sendable {
    private struct Queue {
        var clients: [OneShotClient] = []
        var hasEnded = false
    }

    private let queue = Mutex(Queue())
    /// A semaphore may be used by any thread, and its address stays.
    private nonisolated(unsafe) let waiting: UnsafeMutablePointer<sem_t>

    init() {
        unsafe waiting = .allocate(capacity: 1)
        unsafe sem_init(waiting, 0, 0)
    }

    deinit {
        unsafe sem_destroy(waiting)
        unsafe waiting.deallocate()
    }

    func put(_ client: OneShotClient) {
        queue.withLock(of: self) { $0.clients.append(client) }
        unsafe sem_post(waiting)
    }

    /// Waits for the next one; `nil` once there will be none.
    func take() -> OneShotClient? {
        // A signal may end the wait early; then wait again.
        while unsafe sem_wait(waiting) != 0 {}
        return queue.withLock(of: self) { queue in
            guard !queue.hasEnded, !queue.clients.isEmpty else { return nil }
            return queue.clients.removeFirst()
        }
    }

    /// Ends the waits of so many workers.
    func end(_ workers: Int) {
        queue.withLock(of: self) { $0.hasEnded = true }
        for _ in 0..<workers { unsafe sem_post(waiting) }
    }
}
