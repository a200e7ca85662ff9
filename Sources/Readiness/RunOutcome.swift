/// Why a loop returned.
public enum RunOutcome: Hashable, Sendable {
    /// `stop()` was called: the callbacks that were due have run.
    case stopped
    /// `breakLoop()` was called: callbacks that were due may still wait for the next run.
    case broken
    /// Nothing is left that could call back.
    case idle
    /// The one turn that was asked for is over.
    case turned
}
