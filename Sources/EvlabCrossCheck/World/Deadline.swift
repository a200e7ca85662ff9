internal import CLinux
internal import Glibc

/// How long to wait for what the kernel does in its own time: a loaded machine may need long, a healthy kernel does not.
///
/// Time alone would be over after a single look where the process was not running meanwhile, so that a few looks are due
/// as well.
struct Deadline {
    private let start = clinux_monotonic_now()
    private let end: Int64
    private var looks = 0

    private static let fewestLooks = 200

    /// - Parameter limit: seconds.
    init(after limit: Double) {
        end = start + Int64(limit * 1e9)
    }

    /// What is left, rounded up, for `poll(2)`; 0 when it has passed.
    var milliseconds: CInt {
        CInt(clamping: max(0, end - clinux_monotonic_now() + 999_999) / 1_000_000)
    }

    /// Gives the kernel a little time; false when the deadline has passed.
    mutating func rest() -> Bool {
        looks += 1
        guard looks < Self.fewestLooks || clinux_monotonic_now() < end else { return false }
        usleep(50)
        return true
    }

    /// How long it was waited, for a report.
    var account: String {
        "\((clinux_monotonic_now() - start) / 1_000_000) ms, \(looks) looks"
    }
}
