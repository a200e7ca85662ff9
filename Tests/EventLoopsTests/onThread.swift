import CLinux

/// Runs something that blocks on a thread of its own: the pool's threads are few, and the servers need them.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let work = unsafe Unmanaged.passRetained(Work { continuation.resume(with: Swift.Result(catching: body)) })
        let result = unsafe clinux_thread_start("peer", run, work.toOpaque())
        if result < 0 { unsafe work.takeRetainedValue().body() }
    }
}

private let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
}

private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}
