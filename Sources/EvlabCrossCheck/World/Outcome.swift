internal import SystemPackage

/// What the kernel made of an operation, as far as it is part of what was done: how much it took, and an error, which is
/// no longer pending once it was reported.
struct Outcome: Hashable, Sendable {
    /// Bytes, or messages of a socket of messages, that were taken or given.
    var count = 0
    var error: Errno?
    /// After filling: whether nothing is under way that could make room again. After draining: whether all came that is to.
    var isSettled = true
    /// How long it was waited for that.
    var wait = ""

    init() {}

    /// The result of a call that returns a count or -errno.
    init(_ result: Int) {
        if result >= 0 { count = result } else { error = Errno(rawValue: CInt(truncatingIfNeeded: -result)) }
    }
}
