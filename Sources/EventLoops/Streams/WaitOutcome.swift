/// Why a task that waited on a connection goes on.
@usableFromInline
enum WaitOutcome: UInt8, Sendable {
    /// What it waited for has happened.
    case ready
    /// Its task was cancelled.
    case cancelled
    /// Its time is over.
    case timedOut
    /// The connection is closed.
    case closed
    /// It has not waited: it is not the task that owns the connection.
    case isForeign
}
