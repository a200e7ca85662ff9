internal import CLinux
internal import Readiness

/// A point in time on the clock that multiplexers wait by: it never jumps, and stands still while the machine is suspended
/// (`clock_gettime(2)`, CLOCK_MONOTONIC). One word, and cheap to take and to compare.
public struct MonotonicInstant: Hashable, Sendable, InstantProtocol {
    /// Nanoseconds since an unspecified point.
    let nanoseconds: Int64

    /// The present.
    public static var now: MonotonicInstant { MonotonicInstant(nanoseconds: clinux_monotonic_now()) }

    /// Later than any other.
    public static var distantFuture: MonotonicInstant { MonotonicInstant(nanoseconds: .max) }

    /// A later or an earlier point; what does not fit in 292 years is as far away as can be.
    public func advanced(by duration: Duration) -> MonotonicInstant {
        advanced(byNanoseconds: duration.nanoseconds)
    }

    /// A later or an earlier point; cheaper than with a `Duration`, which counts in 128 bits.
    public func advanced(byNanoseconds count: Int64) -> MonotonicInstant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(count)
        guard overflow else { return MonotonicInstant(nanoseconds: sum) }
        return MonotonicInstant(nanoseconds: count < 0 ? .min : .max)
    }

    /// How long it is from here to another point; negative when that is earlier.
    public func duration(to other: MonotonicInstant) -> Duration {
        .nanoseconds(other.nanoseconds) - .nanoseconds(nanoseconds)
    }

    public static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}
