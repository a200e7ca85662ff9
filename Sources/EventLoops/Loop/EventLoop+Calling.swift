internal import Readiness
internal import Sockets
internal import Synchronization

extension EventLoop {
    /// Calls something on the loop's thread: at once when that is the calling thread, else soon.
    func call(_ body: @escaping @Sendable () -> Void) {
        isCurrent ? body() : post(body)
    }

    /// Makes something on the loop's thread.
    func make<Result: Sendable>(
        _ body: @escaping @Sendable () throws(IOError) -> Result
    ) async throws(IOError) -> Result {
        let outcome: Swift.Result<Result, IOError> = await suspended { resume in
            call { [self] in
                do throws(IOError) {
                    try checkIsGoing()
                    resume.fromElsewhere(.success(try body()))
                } catch {
                    resume.fromElsewhere(.failure(error))
                }
            }
        }
        return try outcome.get()
    }

    func checkIsGoing() throws(IOError) {
        guard isEnding else { return }
        throw IOError("EventLoop", .closed, detail: "the loop was shut down")
    }

    /// Runs a loop on the calling thread for as long as `body` takes, and ends it then.
    ///
    /// This is how a program whose `main` is synchronous starts. On the main thread, the main actor does not run meanwhile.
    ///
    /// - Throws: what making a loop throws, and what `body` throws.
    public static func run<Result: Sendable>(
        engine: LoopEngine = .native,
        _ body: @escaping @Sendable (EventLoop) async throws -> Result
    ) throws -> Result {
        try EventLoop(EngineSeam(engine), name: "event-loop").run(body)
    }

    func run<Result: Sendable>(
        _ body: @escaping @Sendable (EventLoop) async throws -> Result
    ) throws -> Result {
        let outcome = OutcomeBox<Result>()
        Task(executorPreference: self) { [self] in
            do {
                // A run that was refused comes here too, when what is left is done.
                try checkIsGoing()
                outcome.set(.success(try await body(self)))
            } catch {
                outcome.set(.failure(error))
            }
            end()
        }
        let failure = runHere()
        runEnd.reach()
        if let failure { throw failure }
        guard let value = outcome.value else {
            throw IOError("EventLoop.run", .closed, detail: "the loop ended before what it was run for")
        }
        return try value.get()
    }
}

/// What a task on the loop came to, for the thread that runs the loop; the task may go on elsewhere when the loop was ended
/// before.
private final class OutcomeBox<Value: Sendable>: Sendable {
    private let outcome = Mutex<Swift.Result<Value, any Error>?>(nil)

    var value: Swift.Result<Value, any Error>? { outcome.withLock(of: self) { $0 } }

    func set(_ value: Swift.Result<Value, any Error>) {
        outcome.withLock(of: self) { $0 = value }
    }
}
