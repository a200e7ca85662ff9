/// How long a loop runs.
public enum RunMode: Hashable, Sendable {
    /// Until it is stopped, waiting even while nothing is registered: another thread may post.
    case untilStopped
    /// Until it is stopped, or nothing is left that could ever call back.
    case untilIdle
    /// Waits for something to happen, calls back for all that has, and returns.
    case once
    /// Calls back for what is ready now, without waiting, and returns.
    case withoutWaiting
}
