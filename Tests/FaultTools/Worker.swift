package import Glibc
internal import SystemPackage

/// A thread of its own, for what blocks.
package final class Worker: Sendable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    package let thread: pthread_t

    package init(_ run: @escaping @Sendable () -> Void) {
        let body = unsafe Unmanaged.passRetained(Body(run)).toOpaque()
        var thread = pthread_t()
        let error = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unblockSignals()
                unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            body
        )
        guard error == 0 else { fatalError("no thread: \(Errno(rawValue: error))") }
        self.thread = thread
    }

    /// Waits until the thread has ended; once only.
    package func join() {
        pthread_join(thread, nil)
    }

    /// Runs the body on so many threads at the same time and waits for all.
    package static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let workers = (0..<count).map { number in Worker { body(number) } }
        for worker in workers { worker.join() }
    }
}
