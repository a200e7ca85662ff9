internal import Glibc
internal import Sockets
internal import SystemPackage

/// Threads that run the same body. They are joined: a thread that nobody waits for keeps its stack for ever.
struct WorkerThreads: ~Copyable {
    typealias Body = @Sendable (_ worker: Int) -> Void

    private final class Start {
        let worker: Int
        let body: Body

        init(_ worker: Int, _ body: @escaping Body) {
            self.worker = worker
            self.body = body
        }
    }

    private var threads: [pthread_t] = []

    /// Starts them, numbered from 1 on. When not all can be had, as many as there are run.
    ///
    /// - Throws: `busy` when there is not even one.
    init(_ count: Int, _ body: @escaping Body) throws(IOError) {
        for worker in 1...count {
            // What a thread is to do is its own from here on: nothing of the loop's goes out of scope under it.
            let start = unsafe Unmanaged.passRetained(Start(worker, body))
            var thread = pthread_t()
            let result = unsafe pthread_create(&thread, nil, Self.run, start.toOpaque())
            guard result == 0 else {
                unsafe start.release()
                guard threads.isEmpty else { return }
                throw IOError("pthread_create", errno: Errno(rawValue: result))
            }
            threads.append(thread)
        }
    }

    var count: Int { threads.count }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context = unsafe context else { return nil }
        let start = unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        start.body(start.worker)
        return nil
    }

    /// Waits for all of them.
    consuming func join() {
        for thread in threads { pthread_join(thread, nil) }
    }
}
