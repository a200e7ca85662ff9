internal import CLinux
package import Sockets

/// Runs a closure on a thread of its own, which ends with it. Not as a task: the pool's threads may all be busy with loops.
///
/// - Throws: `busy` when there can be no more threads; then nothing runs.
package func startThread(_ body: @escaping @Sendable () -> Void) throws(IOError) {
    let box = unsafe Unmanaged.passRetained(ThreadBody(body))
    let result = unsafe clinux_thread_start("crosscheck", run, box.toOpaque())
    guard result < 0 else { return }
    unsafe box.release()
    try check("pthread_create", result)
}

private let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
    guard let context = unsafe context else { return }
    unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
