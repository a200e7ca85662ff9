import FaultTools
import Glibc
import Libevent
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// What every engine promises of signals; in processes of their own, for a signal is the whole process's.
@Suite struct SignalContractTests {
    @Test("A signal comes to every engine that asked, on its thread, and to every handler")
    func everyEngine() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            let engines = try EngineKind.allCases.map { try $0.make() }
            var calls: [Int] = Array(repeating: 0, count: engines.count)
            for (index, engine) in engines.enumerated() {
                try onSignal(.user1, of: engine) { calls[index] += 1 }
                try onSignal(.user1, of: engine) { calls[index] += 10 }
            }
            allowSignals()
            kill(getpid(), SIGUSR1)
            for (index, engine) in engines.enumerated() { try run(engine) { calls[index] == 11 } }
            #expect(calls.allSatisfy { $0 == 11 })
            exit(0)
        }
    }

    @Test("A cancelled one gets none, and the disposition from before comes back with the last")
    func cancelling() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            signal(SIGUSR1, SIG_IGN)
            for kind in EngineKind.allCases { try cancelSignals(of: kind.make()) }
            exit(0)
        }
    }

    @Test("Asking for a signal that failed for want of a low number can be tried again")
    func tryingAgain() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            try askAgain(of: Reactor(Select(limit: .classic)))
            try askAgain(of: EventBase(EventConfiguration(method: .select)))
            exit(0)
        }
    }

    @Test("What cannot be caught is an error", arguments: EngineKind.allCases)
    func impossible(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            for number in [SIGKILL, SIGSTOP, SIGSEGV, 0, -1, 1000] {
                let error = #expect(throws: IOError.self) { try engine.onSignal(Signal(rawValue: number)) { _ in } }
                #expect(error?.code == .invalidArgument)
            }
            #expect(try engine.run(.untilIdle) == .idle)
        }
        try check(kind.make())
    }

    @Test("fault 23: a forked child is refused, and its parent goes on undisturbed", .bug(id: "loop-shared-by-a-fork"))
    func fork() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for kind in EngineKind.allCases { try forkBeside(kind.make()) }
            exit(0)
        }
    }
}

/// The threads of the concurrency pool block signals.
private func allowSignals() {
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_UNBLOCK, &all, nil)
}

private func onSignal(_ signal: Signal, of engine: some EventEngine, _ body: @escaping () -> Void) throws {
    try engine.onSignal(signal) { _ in body() }
}

private func run(_ engine: some EventEngine, until condition: @escaping () -> Bool) throws {
    try engine.run(until: condition)
}

private func cancelSignals(of engine: some EventEngine) throws {
    var calls = 0
    allowSignals()
    let first = try engine.onSignal(.user1) { _ in calls += 1 }
    let second = try engine.onSignal(.user1) { _ in calls += 10 }
    first.cancel()
    kill(getpid(), SIGUSR1)
    try engine.run(until: { calls > 0 })
    #expect(calls == 10)
    second.cancel()
    // Ignored again, or it would end the process.
    kill(getpid(), SIGUSR1)
    #expect(try engine.run(.untilIdle) == .idle)
    #expect(calls == 10)
}

/// Every number that fits into an `fd_set` is taken when the engine is asked first.
private func askAgain(of engine: some EventEngine) throws {
    allowSignals()
    var taken: [FileDescriptor] = []
    let path = FilePath("/dev/null")
    repeat { taken.append(try FileDescriptor.open(path, .readOnly)) } while taken[taken.count - 1].rawValue < 1024
    let refusal = #expect(throws: IOError.self) { try engine.onSignal(.user1) { _ in } }
    #expect(refusal?.code == .outOfRange)
    for file in taken { try file.close() }
    var calls = 0
    let registration = try engine.onSignal(.user1) { _ in calls += 1 }
    kill(getpid(), SIGUSR1)
    try engine.run(until: { calls == 1 })
    registration.cancel()
}

private func forkBeside(_ engine: some EventEngine) throws {
    let pair = try Pair()
    var calls = 0
    let watch = try engine.watch(pair.takeFirst(), for: .readable) { watch, _ in
        calls += 1
        _ = try? watch.socket.readText()
    }
    let child = forkProcess()
    if child == 0 {
        let refusal = #expect(throws: IOError.self) { try engine.run(.withoutWaiting) }
        // What it closes is its own copy.
        watch.close()
        _exit(refusal?.code == .forked ? 0 : 1)
    }
    var status: CInt = -1
    #expect(unsafe waitpid(child, &status, 0) == child)
    #expect(status == 0)
    try pair.send("x")
    try engine.run(until: { calls == 1 })
    watch.close()
}
