import Readiness
import Synchronization

/// Values from several tasks, in the order of their coming.
final class Collected<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var waiters: [Waiter] = []
    }

    private struct Waiter {
        let count: Int
        let resume: CheckedContinuation<Void, Never>
    }

    private let state = Mutex(State())

    func add(_ value: Value) {
        let due = state.withLock(of: self) { state in
            state.values.append(value)
            let count = state.values.count
            let due = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return due
        }
        for waiter in due { waiter.resume.resume() }
    }

    var all: [Value] { state.withLock(of: self) { $0.values } }

    /// Waits until there are so many; what ends a test that hangs ends it.
    @discardableResult
    func wait(for count: Int = 1) async throws -> [Value] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock(of: self) { state in
                    if state.values.count >= count || Task.isCancelled { return true }
                    state.waiters.append(Waiter(count: count, resume: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiters = state.withLock(of: self) { state in
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume.resume() }
        }
        try Task.checkCancellation()
        return all
    }
}
