/// A task that waits on a connection.
struct StreamWaiter {
    let resume: Resumption<WaitOutcome>
    /// Which wait it is: a cancellation that comes late must not end the next one.
    let number: UInt32
}
