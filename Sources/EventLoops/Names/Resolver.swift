internal import CLinux
internal import Multiplexing
internal import Readiness
package import Sockets
internal import Synchronization
internal import SystemPackage

/// Looks names up by a function that blocks, on threads of its own.
///
/// A name waits until a thread is free. One that is asked for again before it is answered is looked up once. A thread that
/// has nothing to do waits for the next name for a while, and then ends. The function cannot be interrupted: it keeps its
/// thread to its end, though no task may be waiting for the answer any more.
package final class Resolver: Sendable {
    /// Answers for a name; the port of the addresses does not matter.
    package typealias LookUp = @Sendable (String) -> Result<[SocketAddress], IOError>

    private struct Question {
        var lookups: [Lookup]
        /// Whether a thread is at it.
        var isAsked = false
    }

    private struct State {
        /// What is not answered yet.
        var questions: [String: Question] = [:]
        /// The names that no thread is at, the oldest first.
        var waiting: [String] = []
        var threads = 0
        /// The threads that have nothing to do, and that no wake-up is on its way to.
        var parked = 0
    }

    private enum Step {
        case nothing, wakeThread, startThread
    }

    static let shared = Resolver()

    private let lookUp: LookUp
    private let mostThreads: Int
    private let idleTime: Int64
    private let state = Mutex(State())
    private let wakeUps = Semaphore()

    /// - Parameters:
    ///   - mostThreads: the most lookups at a time.
    ///   - idleTime: how long a thread waits for the next name.
    ///   - lookUp: called on threads of the resolver, several at a time.
    package init(
        mostThreads: Int = 64,
        idleTime: Duration = .seconds(10),
        lookUp: @escaping LookUp = { lookUpName($0) }
    ) {
        self.mostThreads = mostThreads
        self.idleTime = idleTime.nanoseconds
        self.lookUp = lookUp
    }

    /// How many threads there are now.
    package var threads: Int { state.withLock(of: self) { $0.threads } }

    /// How many lookups have no answer yet.
    package var pendingLookups: Int {
        state.withLock(of: self) { $0.questions.values.reduce(0) { $0 + $1.lookups.count } }
    }

    /// The addresses of a host, in the order in which they should be tried.
    func addresses(
        of host: String,
        port: UInt16,
        on loop: EventLoop,
        until deadline: Int64
    ) async throws(IOError) -> [SocketAddress] {
        switch try Host(host, port: port) {
        case .addresses(let addresses): return addresses
        case .name(let name):
            return try await addresses(ofName: name, on: loop, until: deadline).map { $0.with(port: port) }
        }
    }

    private func addresses(
        ofName name: String,
        on loop: EventLoop,
        until deadline: Int64
    ) async throws(IOError) -> [SocketAddress] {
        let lookup = Lookup(name)
        let outcome: Lookup.Outcome = await withTaskCancellationHandler {
            await suspended { resume in
                lookup.begin(resume)
                loop.call { [self] in begin(lookup, on: loop, until: deadline) }
            }
        } onCancel: {
            lookup.end(.failure(IOError("getaddrinfo", .cancelled, detail: name)))
        }
        forget(lookup)
        if !lookup.loopHasEnded {
            loop.call {
                loop.cancelTimer(lookup)
                loop.remove(lookup)
            }
        }
        return try outcome.get()
    }

    /// On the loop's thread.
    private func begin(_ lookup: Lookup, on loop: EventLoop, until deadline: Int64) {
        guard !lookup.isOver else { return }
        do throws(IOError) {
            try loop.checkIsGoing()
        } catch {
            return lookup.loopIsEnding(error)
        }
        let now = clinux_monotonic_now()
        guard now < deadline else { return lookup.timerFired(now: now) }
        loop.add(lookup)
        loop.setTimer(lookup, at: deadline)
        ask(lookup)
    }

    // MARK: Questions

    private func ask(_ lookup: Lookup) {
        let step = state.withLock(of: self) { state -> Step in
            // Cancelled meanwhile: it would not be forgotten.
            guard !lookup.isOver else { return .nothing }
            guard state.questions[lookup.name] == nil else {
                state.questions[lookup.name]?.lookups.append(lookup)
                return .nothing
            }
            state.questions[lookup.name] = Question(lookups: [lookup])
            state.waiting.append(lookup.name)
            return nextStep(&state)
        }
        switch step {
        case .nothing: break
        case .wakeThread: wakeUps.post()
        case .startThread: startThread()
        }
    }

    /// What gets a name that waits to a thread.
    private func nextStep(_ state: inout State) -> Step {
        if state.parked > 0 {
            state.parked -= 1
            return .wakeThread
        }
        guard state.threads < mostThreads else { return .nothing }
        state.threads += 1
        return .startThread
    }

    /// Its task does not wait any more. A name that no task waits for, and that no thread is at, is not looked up.
    private func forget(_ lookup: Lookup) {
        state.withLock(of: self) { state in
            guard let question = state.questions[lookup.name],
                let place = question.lookups.firstIndex(where: { $0 === lookup })
            else { return }
            state.questions[lookup.name]?.lookups.remove(at: place)
            guard question.lookups.count == 1, !question.isAsked else { return }
            state.questions[lookup.name] = nil
            state.waiting.removeAll { $0 == lookup.name }
        }
    }

    // MARK: Threads

    private func startThread() {
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let result = unsafe clinux_thread_start("name-lookup", Self.run, context)
        guard result < 0 else { return }
        unsafe Unmanaged<Resolver>.fromOpaque(context).release()
        couldNotStart(IOError("pthread_create", errno: Errno(rawValue: -result)))
    }

    /// While there are other threads, they take what waits.
    private func couldNotStart(_ error: IOError) {
        let lookups = state.withLock(of: self) { state -> [Lookup] in
            state.threads -= 1
            guard state.threads == 0 else { return [] }
            defer { (state.questions, state.waiting) = ([:], []) }
            return state.questions.values.flatMap(\.lookups)
        }
        for lookup in lookups { lookup.end(.failure(error)) }
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<Resolver>.fromOpaque(context).takeRetainedValue().work()
    }

    private func work() {
        while let name = nextName() {
            let outcome = lookUp(name)
            let lookups = state.withLock(of: self) { $0.questions.removeValue(forKey: name)?.lookups ?? [] }
            for lookup in lookups { lookup.end(outcome) }
        }
    }

    /// Waits for a name; `nil` when none has come for so long that the thread ends.
    private func nextName() -> String? {
        while true {
            if let name = takeName() { return name }
            while !wakeUps.wait(nanoseconds: idleTime) {
                if canEnd() { return nil }
            }
        }
    }

    /// The oldest name that waits; else the thread counts as parked.
    private func takeName() -> String? {
        state.withLock(of: self) { state in
            guard !state.waiting.isEmpty else {
                state.parked += 1
                return nil
            }
            let name = state.waiting.removeFirst()
            state.questions[name]?.isAsked = true
            return name
        }
    }

    /// Whether no wake-up is on its way to the thread, which then no longer counts.
    private func canEnd() -> Bool {
        state.withLock(of: self) { state in
            guard state.parked > 0 else { return false }
            state.parked -= 1
            state.threads -= 1
            return true
        }
    }
}
