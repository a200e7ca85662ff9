internal import CLinux
internal import Glibc
internal import SystemPackage

/// A thread of its own, for what blocks.
///
/// It is not one of those that are joined: the address sanitizer keeps their numbers when they have ended, and does not
/// search a later thread of such a number for what it keeps alive.
package final class Worker: Sendable {
    @safe private final class Body: Sendable {
        // Only the thread of its own touches it.
        private nonisolated(unsafe) var work: (@Sendable () -> Void)?
        // Only handed to the functions of semaphores, which any thread may call.
        private nonisolated(unsafe) let isOver = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

        init(_ work: @escaping @Sendable () -> Void) {
            unsafe self.work = work
            unsafe sem_init(isOver, 0, 0)
        }

        deinit {
            unsafe sem_destroy(isOver)
            unsafe isOver.deallocate()
        }

        func run() {
            unblockSignals()
            unsafe work?()
            // What it holds is gone for whoever waits.
            unsafe work = nil
            unsafe sem_post(isOver)
        }

        func wait() {
            while unsafe sem_wait(isOver) != 0 {}
        }
    }

    private let body: Body

    package init(_ work: @escaping @Sendable () -> Void) {
        body = Body(work)
        let context = unsafe Unmanaged.passRetained(body).toOpaque()
        let result = unsafe clinux_thread_start("worker", Self.run, context)
        guard result == 0 else { fatalError("no thread: \(Errno(rawValue: -result))") }
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
    }

    /// Waits until the work is done, and what it held is let go of; once only.
    package func join() {
        body.wait()
    }

    /// Runs the body on so many threads at the same time and waits for all.
    package static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let workers = (0..<count).map { number in Worker { body(number) } }
        for worker in workers { worker.join() }
    }
}
