internal import CLinux
package import Synchronization

extension Mutex {
    /// Runs `body` while the lock is held, as `withLock` does, and lets the thread sanitizer know.
    ///
    /// The standard library is not built for the sanitizer, which therefore takes its mutex for no lock at all and reports
    /// races where there are none.
    ///
    /// - Parameter owner: the object that the mutex is stored in, under whose address the sanitizer knows the lock.
    package borrowing func withLock<Result>(
        of owner: AnyObject,
        _ body: (inout sending Value) -> sending Result
    ) -> sending Result {
        let address = unsafe Unmanaged.passUnretained(owner).toOpaque()
        return withLock { value in
            unsafe clinux_lock_acquired(address)
            defer { unsafe clinux_lock_released(address) }
            return body(&value)
        }
    }
}
