import CLinux
import Glibc
import SystemPackage

/// CPU time of the calling thread.
func threadTime() throws -> Duration {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { throw Errno(rawValue: errno) }
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
