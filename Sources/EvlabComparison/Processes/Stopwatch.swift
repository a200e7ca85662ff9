internal import CLinux

/// The time since it was made.
struct Stopwatch: Sendable {
    private let start = clinux_monotonic_now()

    var seconds: Double { Double(clinux_monotonic_now() - start) / 1_000_000_000 }
}
