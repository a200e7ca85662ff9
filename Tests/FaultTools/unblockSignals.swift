internal import Glibc

/// Lets signals reach this thread: the threads of the concurrency pool, and those that they start, block them.
package func unblockSignals() {
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_UNBLOCK, &all, nil)
}
