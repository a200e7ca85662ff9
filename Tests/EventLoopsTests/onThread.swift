import CLinux

/// Runs something that blocks on a thread of its own: the pool's threads are few, and the servers need them.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    let handover = Handover()
    // The thread sanitizer does not see that a continuation which is resumed early hands on what was written before.
    defer { handover.taken() }
    return try await withCheckedThrowingContinuation { continuation in
        let work = unsafe Unmanaged.passRetained(
            Work {
                let result = Swift.Result(catching: body)
                handover.given()
                continuation.resume(with: result)
            }
        )
        let result = unsafe clinux_thread_start("peer", run, work.toOpaque())
        if result < 0 { unsafe work.takeRetainedValue().body() }
    }
}

private let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
}

private final class Handover: Sendable {
    func given() {
        unsafe clinux_lock_released(Unmanaged.passUnretained(self).toOpaque())
    }

    func taken() {
        unsafe clinux_lock_acquired(Unmanaged.passUnretained(self).toOpaque())
    }
}

private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}
