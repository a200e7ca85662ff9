internal import Sockets

/// What happens in a time-out.
enum TimeoutEvent<Value: Sendable>: Sendable {
    /// What ran came to its end.
    case finished(Result<Value, any Error>)
    /// The time is over, or the wait for it has failed.
    case over(IOError)
}
