internal import CLinux
package import Sockets
internal import Synchronization
package import SystemPackage

/// The way from other threads into a loop: jobs run on the loop's thread, in the order of their posting.
///
/// Any number of posts before the loop's next turn wake it once.
public final class Poster<Engine: AnyObject>: Sendable {
    /// What runs on the loop's thread; it is given the loop.
    public typealias Job = @Sendable (Engine) -> Void

    private struct Queue {
        var jobs: [Job] = []
        var isClosed = false
    }

    private let queue = Mutex(Queue())
    private let waker: Waker
    private let forks: UInt32

    /// - Throws: `noDescriptors`.
    package init() throws(IOError) {
        waker = try Waker()
        clinux_count_forks()
        forks = clinux_forks()
    }

    /// Readable while jobs wait.
    package var fileDescriptor: FileDescriptor { waker.fileDescriptor }

    /// Hands a job to the loop, from any thread. It wakes the loop's current wait or, if none, the next.
    ///
    /// - Returns: `false`, and drops the job, once the loop is gone, and in a child of the process that made it.
    @discardableResult
    public func post(_ job: @escaping Job) -> Bool {
        guard isOurs else { return false }
        let isAccepted = queue.withLock(of: self) { queue in
            guard !queue.isClosed else { return false }
            queue.jobs.append(job)
            return true
        }
        if isAccepted { waker.wake() }
        return isAccepted
    }

    /// Whether this is not a child, where the lock may be held for ever, by a thread that the child does not have.
    private var isOurs: Bool { clinux_forks() == forks }

    /// Runs the jobs posted so far, for as long as `goesOn` says so; called by the loop on its thread. What is left waits for
    /// the next turn, and so does what the jobs post.
    package func run(on engine: Engine, while goesOn: () -> Bool) {
        let jobs = take()
        for (index, job) in jobs.enumerated() {
            guard goesOn() else { return putBack(jobs[index...]) }
            job(engine)
        }
    }

    /// They were posted first, and stay first.
    private func putBack(_ jobs: ArraySlice<Job>) {
        guard isOurs else { return }
        queue.withLock(of: self) { queue in
            if !queue.isClosed { queue.jobs.insert(contentsOf: jobs, at: 0) }
        }
        waker.wake()
    }

    /// The jobs posted so far, for whoever runs them.
    package func take() -> [Job] {
        guard isOurs else { return [] }
        waker.acknowledge()
        return queue.withLock(of: self) { queue in
            defer { queue.jobs = [] }
            return queue.jobs
        }
    }

    /// No job is accepted from here on; the ones that wait are dropped outside the lock.
    package func close() {
        guard isOurs else { return }
        let dropped = queue.withLock(of: self) { queue in
            defer { queue.jobs = [] }
            queue.isClosed = true
            return queue.jobs
        }
        withExtendedLifetime(dropped) {}
    }
}
