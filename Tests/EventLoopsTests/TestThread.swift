import CLinux
import Readiness
import Sockets
import Synchronization
import SystemPackage

/// A thread on which the tests of this module run, whatever the tests of other modules do meanwhile: those block the few
/// threads of the concurrency pool, and a peer that waits behind all of them takes a server for dead.
final class TestThread: TaskExecutor {
    static let shared = TestThread()

    private let jobs = Mutex<[UnownedJob]>([])
    private let waker: Waker

    private init() {
        do {
            waker = try Waker()
        } catch {
            fatalError("no thread for tests: \(error)")
        }
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let result = unsafe clinux_thread_start("tests", Self.run, context)
        if result < 0 { fatalError("no thread for tests: \(result)") }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock(of: self) { $0.append(job) }
        waker.wake()
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<TestThread>.fromOpaque(context).takeUnretainedValue().runForEver()
    }

    private func runForEver() {
        var request = pollfd(fd: waker.fileDescriptor.rawValue, events: CShort(CLINUX_POLL_READABLE), revents: 0)
        while true {
            _ = unsafe clinux_poll(&request, 1, -1)
            waker.acknowledge()
            let due = jobs.withLock(of: self) { jobs in
                defer { jobs = [] }
                return jobs
            }
            for job in due { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}

/// Starts a task on the thread of the tests, where an unstructured task would be one of the pool.
@discardableResult
func start<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) -> Task<Result, any Error> {
    Task(executorPreference: TestThread.shared, operation: body)
}
