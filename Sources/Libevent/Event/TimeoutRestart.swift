internal import CLinux
internal import Readiness

/// What becomes of an event's timeout when the event has called back.
enum TimeoutRestart {
    /// The ticks of a repeating timer. An object, so that the other events are no larger for it.
    final class Ticks {
        var deadline: RepeatingDeadline

        init(_ deadline: RepeatingDeadline) {
            self.deadline = deadline
        }

        /// The time until the next tick.
        var left: Duration { .nanoseconds(max(0, deadline.next - clinux_monotonic_now())) }
    }

    /// There is no timeout, or it does not repeat.
    case none
    /// A descriptor's timeout starts again.
    case timeout(Duration)
    /// A timer's next tick follows.
    case tick(Ticks)

    init(after delay: Duration?, every interval: Duration?, from start: Int64, isTimer: Bool) {
        guard let delay, let interval else {
            self = .none
            return
        }
        guard isTimer else {
            self = .timeout(interval)
            return
        }
        let (first, isBeyond) = start.addingReportingOverflow(delay.nanoseconds)
        let deadline = RepeatingDeadline(first: isBeyond ? .max : first, period: interval.nanoseconds)
        self = .tick(Ticks(deadline))
    }

    var isNone: Bool { if case .none = self { true } else { false } }

    var timeout: Duration? { if case .timeout(let timeout) = self { timeout } else { nil } }
}
