internal import CLinux

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
        #if DEBUG
            Suspensions.begin()
        #endif
    }

    @inline(__always)
    func callAsFunction(_ value: Value) {
        #if DEBUG
            Suspensions.end()
        #endif
        unsafe continuation.resume(returning: value)
    }

    /// The same from a thread on which the task does not run: it may not have gone to sleep yet, and the thread sanitizer
    /// does not see how the runtime hands on the value then.
    func fromElsewhere(_ value: Value) {
        unsafe clinux_lock_released(address)
        self(value)
    }

    fileprivate var address: UnsafeMutableRawPointer? {
        unsafe unsafeBitCast(continuation, to: UnsafeMutableRawPointer?.self)
    }
}

extension Resumption<Void> {
    func callAsFunction() {
        self(())
    }

    func fromElsewhere() {
        fromElsewhere(())
    }
}

/// Suspends the task; `body` puts the way back where it will be found.
@inline(__always)
nonisolated(nonsending) func suspended<Value: Sendable>(_ body: (Resumption<Value>) -> Void) async -> Value {
    var address: UnsafeMutableRawPointer?
    let value: Value = unsafe await withUnsafeContinuation { continuation in
        let resumption = unsafe Resumption(continuation)
        unsafe address = resumption.address
        body(resumption)
    }
    unsafe clinux_lock_acquired(address)
    return value
}
