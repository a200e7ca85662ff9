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
    private let event: Descriptor

    /// - Throws: `noDescriptors`.
    package init() throws(IOError) {
        event = Descriptor(number: try checked("eventfd", clinux_eventfd(0)))
    }

    /// Readable while jobs wait.
    package var fileDescriptor: FileDescriptor { event.fileDescriptor }

    /// Hands a job to the loop, from any thread. It wakes the loop's current wait or, if none, the next.
    ///
    /// - Returns: `false`, and drops the job, once the loop is gone.
    @discardableResult
    public func post(_ job: @escaping Job) -> Bool {
        let (isFirst, isClosed) = queue.withLock(of: self) { queue in
            guard !queue.isClosed else { return (false, true) }
            queue.jobs.append(job)
            return (queue.jobs.count == 1, false)
        }
        if isFirst { clinux_eventfd_signal(event.fileDescriptor.rawValue) }
        return !isClosed
    }

    /// The jobs posted so far; called by the loop on its thread. What they post in turn belongs to the next turn.
    package func take() -> [Job] {
        _ = clinux_eventfd_take(event.fileDescriptor.rawValue)
        return queue.withLock(of: self) { queue in
            defer { queue.jobs = [] }
            return queue.jobs
        }
    }

    /// No job is accepted from here on; the ones that wait are dropped outside the lock.
    package func close() {
        let dropped = queue.withLock(of: self) { queue in
            defer { queue.jobs = [] }
            queue.isClosed = true
            return queue.jobs
        }
        withExtendedLifetime(dropped) {}
    }
}
