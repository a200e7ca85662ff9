public import Libevent
internal import Readiness
public import Sockets

/// The same on libevent, whose loop belongs to one thread: its one-shot event hands the client to a worker, and the worker
/// posts back to the loop, which adds the event again.
///
/// It serves until SIGINT or SIGTERM, then drains for at most its grace; a second signal ends it at once.
///
/// - Parameters:
///   - base: the loop; it runs until the end.
///   - listener: a socket that listens.
///   - options: the listener is never one-shot here.
///   - whenReady: called when clients can connect and signals are heeded.
///   - say: called with each line for the user, from any thread.
/// - Throws: `invalidArgument` for a socket that does not listen; `unsupported` where one-shot is left off on a method
///   without edges; `noDescriptors`, `noMemory`, `busy` without threads.
public func serveOneShot(
    on base: EventBase,
    listener: consuming Socket,
    _ options: OneShotOptions,
    whenReady: () -> Void = {},
    say: @escaping @Sendable (String) -> Void
) throws(IOError) -> OneShotTotals {
    let server = try OneShotEngineServer(on: base, options, say)
    return try server.run(listener, whenReady)
}

private final class OneShotEngineServer<Engine: EventEngine> {
    private unowned let engine: Engine
    private let work: OneShotWork
    private let jobs = OneShotJobs()
    private let end: GracefulEnd<Engine>
    private var watches: [Int: Engine.Watch] = [:]
    private var arrivals = 0

    init(
        on engine: Engine,
        _ options: OneShotOptions,
        _ say: @escaping @Sendable (String) -> Void
    ) throws(IOError) {
        self.engine = engine
        work = try OneShotWork(options, say)
        end = GracefulEnd(engine, grace: options.grace)
    }

    func run(_ listener: consuming Socket, _ whenReady: () -> Void) throws(IOError) -> OneShotTotals {
        let listener = try Listener(on: engine, adopting: listener) { [self] socket, _ in try letIn(socket) }
        try end.onSignal(listener.close)
        defer { end.cancel() }
        let workers = try startWorkers()
        whenReady()
        let outcome = Result { () throws(IOError) in try engine.run(.untilStopped) }
        work.end()
        jobs.end(work.options.workers)
        workers.join()
        _ = try outcome.get()
        var totals = work.totals
        totals.clients = arrivals
        totals.shed = listener.shedConnections
        return totals
    }

    private func startWorkers() throws(IOError) -> WorkerThreads {
        let poster = try engine.poster()
        // Only posted jobs use it, and those run on the loop's thread.
        nonisolated(unsafe) let server = self
        return try WorkerThreads(work.options.workers) { [work, jobs] worker in
            while let client = jobs.take() {
                let next = work.turn(worker, client)
                poster.post { _ in unsafe server.settle(client.number, next) }
            }
        }
    }

    private func letIn(_ socket: consuming Socket) throws(IOError) {
        arrivals += 1
        let descriptor = socket.intoDescriptor()
        // The workers' own: without one-shot one may still read while another has the loop close the client.
        let copy = try descriptor.duplicate()
        let client = OneShotClient(arrivals, try Socket(adopting: copy.release()))
        work.say("client \(client.number) is here")
        let trigger = work.options.isOneShot ? Trigger.levelOneShot : .edge
        let watch = try engine.watch(descriptor, for: .readable, trigger: trigger) { [jobs] _, _ in jobs.put(client) }
        watches[client.number] = watch
        end.connectionOpened()
    }

    /// What a worker has asked for.
    private func settle(_ number: Int, _ next: OneShotWork.Next) {
        guard let watch = watches[number] else { return }
        do throws(IOError) {
            switch next {
            case .close: close(number)
            case .dry where !work.options.isOneShot: break
            case .dry: try watch.setInterest(watch.interest)
            case .more:
                try watch.setInterest(watch.interest)
                if !work.options.isOneShot { try watch.reportAgain() }
            }
        } catch {
            close(number)
        }
    }

    private func close(_ number: Int) {
        watches.removeValue(forKey: number)?.close()
        end.connectionClosed()
    }
}
