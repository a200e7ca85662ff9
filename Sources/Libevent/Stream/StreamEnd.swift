public import Sockets

/// Why a stream has nothing more to give, or fails.
public enum StreamEnd: Hashable, Sendable {
    /// The peer sends no more; every byte that it sent has been delivered. What is still to be written can be.
    case endOfStream
    /// Nothing came for as long as the time-out for reading allows. Reading is disabled.
    case readTimedOut
    /// Nothing could be written for as long as the time-out for writing allows. Writing is disabled.
    case writeTimedOut
    /// The connection failed, or could not be made.
    case failed(IOError)
}
