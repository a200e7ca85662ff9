/// The face of a loop that actors are pinned to.
///
/// The loop is a task executor itself. A job runs as a job of the executor that it was enqueued on, or it would be enqueued
/// once more, on the other one: hence two objects.
final class LoopSerialExecutor: SerialExecutor, @unchecked Sendable {
    // Unchecked: set once, before anybody else has the loop. The loop owns this object, and whoever has it holds the loop.
    nonisolated(unsafe) unowned(unsafe) var loop: EventLoop?

    func enqueue(_ job: consuming ExecutorJob) {
        unsafe loop?.enqueue(JobQueue.Entry(job: UnownedJob(job), isSerial: true))
    }

    func isIsolatingCurrentContext() -> Bool? {
        unsafe loop?.isCurrent
    }

    func checkIsolated() {
        guard unsafe loop?.isCurrent == true else {
            // A mistake in the program, which would be a data race: no input leads here.
            fatalError("this code belongs to an actor on an EventLoop, and runs on another thread")
        }
    }
}
