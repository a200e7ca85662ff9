internal import CLinux
internal import Glibc

/// How long to wait for what the kernel does in its own time: a loaded machine may need long, a healthy kernel does not.
struct Deadline {
    private let end: Int64

    /// - Parameter limit: seconds.
    init(after limit: Double = 2) {
        end = clinux_monotonic_now() + Int64(limit * 1e9)
    }

    /// What is left, rounded up, for `poll(2)`; 0 when it has passed.
    var milliseconds: CInt {
        CInt(clamping: max(0, end - clinux_monotonic_now() + 999_999) / 1_000_000)
    }

    /// Gives the kernel a little time; false when the deadline has passed.
    func rest() -> Bool {
        guard clinux_monotonic_now() < end else { return false }
        usleep(50)
        return true
    }
}
