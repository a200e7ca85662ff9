internal import Sockets

/// Jobs that a base runs soon, on its own thread, outside the callback that asks for them.
final class LaterQueue {
    private unowned let core: BaseCore
    private var jobs: [() -> Void] = []
    private var event: Event?

    init(_ core: BaseCore) {
        self.core = core
    }

    func append(_ job: @escaping () -> Void) throws(IOError) {
        if event == nil { event = try Event(core, onActivation: { [unowned self] _, _ in run() }) }
        jobs.append(job)
        if jobs.count == 1 { try event?.activate() }
    }

    /// What the jobs append in turn runs in the next turn.
    private func run() {
        let due = jobs
        jobs = []
        for job in due { job() }
    }
}
