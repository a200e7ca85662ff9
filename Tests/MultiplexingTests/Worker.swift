import Glibc
import Testing

/// A thread of its own, for what blocks.
final class Worker: Sendable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    let thread: pthread_t

    init(_ run: @escaping @Sendable () -> Void) {
        let body = unsafe Unmanaged.passRetained(Body(run)).toOpaque()
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                // The threads of the concurrency pool, and those that they start, block signals.
                var all = sigset_t()
                unsafe sigfillset(&all)
                unsafe pthread_sigmask(SIG_UNBLOCK, &all, nil)
                unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            body
        )
        #expect(result == 0)
        self.thread = thread
    }

    /// Waits until the thread has ended; once only.
    func join() {
        pthread_join(thread, nil)
    }

    /// Runs the body on so many threads at the same time and waits for all.
    static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let workers = (0..<count).map { number in Worker { body(number) } }
        for worker in workers { worker.join() }
    }
}
