internal import CLinux
internal import Glibc

/// A count of wake-ups that threads wait for (`sem_overview(7)`).
@safe
final class Semaphore: @unchecked Sendable {
    // Unchecked: the functions of semaphores may be called from any thread.

    private let handle = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() {
        unsafe sem_init(handle, 0, 0)
    }

    deinit {
        unsafe sem_destroy(handle)
        unsafe handle.deallocate()
    }

    func post() {
        unsafe sem_post(handle)
    }

    /// Waits for a wake-up, and takes it; `false` when the time is over first.
    func wait(nanoseconds: Int64) -> Bool {
        unsafe clinux_semaphore_wait(handle, clinux_monotonic_now() &+ nanoseconds)
    }
}
