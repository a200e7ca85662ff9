internal import CLinux

/// A moment of the monotonic clock by which something must have happened.
struct Deadline: Sendable {
    private let nanoseconds: Int64

    init(after duration: Duration) {
        let (seconds, attoseconds) = duration.components
        nanoseconds = clinux_monotonic_now() + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// Milliseconds until then, rounded up; 0 when it has passed.
    var milliseconds: CInt {
        CInt(clamping: max(0, nanoseconds - clinux_monotonic_now() + 999_999) / 1_000_000)
    }

    var hasPassed: Bool { milliseconds == 0 }
}

extension Duration {
    /// Longer than anything here says nothing, even under a tool that counts, on a machine that is busy elsewhere: only what
    /// hangs reaches it.
    static let silence: Duration = .seconds(120)
}
