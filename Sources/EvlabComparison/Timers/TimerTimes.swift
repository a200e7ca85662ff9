/// Nanoseconds that each step of the timer workload took, over all its timers and rounds.
public struct TimerTimes: Sendable {
    public var insert = 0.0
    public var cancel = 0.0
    /// 0 where none fired.
    public var fire = 0.0
}
