/// The way back into a suspended task: to be used exactly once, and then let go of.
///
/// An unsafe continuation, for a checked one costs more than all else that a message does: its owners take it out of its
/// place before they use it.
@safe
struct Resumption<Value: Sendable>: Sendable {
    private let continuation: UnsafeContinuation<Value, Never>

    @inline(__always)
    init(_ continuation: UnsafeContinuation<Value, Never>) {
        unsafe self.continuation = continuation
    }

    @inline(__always)
    func callAsFunction(_ value: Value) {
        unsafe continuation.resume(returning: value)
    }
}

extension Resumption<Void> {
    func callAsFunction() {
        self(())
    }
}

/// Suspends the task; `body` puts the way back where it will be found.
@inline(__always)
nonisolated(nonsending) func suspended<Value: Sendable>(_ body: (Resumption<Value>) -> Void) async -> Value {
    unsafe await withUnsafeContinuation { continuation in
        unsafe body(Resumption(continuation))
    }
}
