package import Glibc

/// `fork(2)`, which Swift hides because the child of a threaded program can do little.
///
/// The child heeds signals, which it would else block as the threads of the concurrency pool do, and an alarm ends it: it
/// never outlives a test that hangs by much.
package func forkProcess() -> pid_t {
    typealias Fork = @convention(c) () -> pid_t
    guard let symbol = unsafe dlsym(nil, "fork") else { return -1 }
    let child = unsafe unsafeBitCast(symbol, to: Fork.self)()
    guard child == 0 else { return child }
    unblockSignals()
    alarm(60)
    return 0
}
