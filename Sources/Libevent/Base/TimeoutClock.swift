internal import CLibevent
internal import CLinux
internal import Glibc

/// Tells how long libevent's time-outs still have to run.
///
/// Libevent counts them by the monotonic clock, but reports their ends by a wall clock that it compares with the other
/// every few seconds: after a jump of the wall clock a difference to the present would be wrong by that jump. A time-out
/// that begins now is reported in the same way, so the difference of the two is right.
@safe
struct TimeoutClock: ~Copyable {
    private static let ahead = timeval(tv_sec: 86_400, tv_usec: 0)

    private let reference: OpaquePointer

    /// Fails when memory is out.
    init?(_ base: OpaquePointer) {
        guard let event = unsafe event_new(base, -1, 0, { _, _, _ in }, nil) else { return nil }
        unsafe reference = event
    }

    deinit {
        unsafe event_free(reference)
    }

    /// How long until the time-out of an event, or `nil` when none runs.
    func left(of event: OpaquePointer) -> Duration? {
        var delay = Self.ahead
        // From the present, not from the beginning of the turn.
        unsafe event_base_update_cache_time(event_get_base(reference))
        guard unsafe event_add(reference, &delay) == 0 else { return nil }
        defer { unsafe event_del(reference) }
        var end = timeval()
        var referenceEnd = timeval()
        guard unsafe event_pending(event, Int16(EV_TIMEOUT), &end) != 0 else { return nil }
        unsafe event_pending(reference, Int16(EV_TIMEOUT), &referenceEnd)
        return max(.zero, end.duration - (referenceEnd.duration - Self.ahead.duration))
    }
}
