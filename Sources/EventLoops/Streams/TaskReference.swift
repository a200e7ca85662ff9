/// A task that runs, to compare with others and to cancel. Valid until the task has ended.
///
/// The runtime hands out the address of a task in two ways: as the current task, and as the continuation of a task that
/// suspends. That both are the same is private to the runtime. If it changed, no waiting task would be found to be the
/// handler's, and all would wait with a cancellation handler of their own.
@safe
struct TaskReference: Equatable {
    private let address: UInt

    /// No task.
    static let none = TaskReference(address: 0)

    /// The task that runs now.
    static var current: TaskReference {
        unsafe withUnsafeCurrentTask { task in unsafe TaskReference(address: unsafeBitCast(task, to: UInt.self)) }
    }

    private init(address: UInt) {
        self.address = address
    }

    /// The task that suspends with a continuation.
    @inline(__always)
    init<Value>(waitingIn continuation: UnsafeContinuation<Value, Never>) {
        unsafe address = unsafeBitCast(continuation, to: UInt.self)
    }

    /// Cancels the task, which must not have ended. From any thread.
    func cancel() {
        guard self != .none else { return }
        unsafe unsafeBitCast(address, to: UnsafeCurrentTask.self).cancel()
    }
}
