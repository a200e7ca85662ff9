/// Nanoseconds that each step of the timer workload took for one timer.
public struct TimerTimes: Sendable {
    public let insert: Double
    public let cancel: Double
    /// 0 where none fired.
    public let fire: Double
}
