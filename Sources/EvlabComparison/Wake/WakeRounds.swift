internal import Sockets

/// A loop, and a thread that wakes it each time it is told to.
protocol WakeRounds: AnyObject {
    /// Tells the thread to wake the loop and waits for that, so many times.
    ///
    /// - Returns: how often the loop was woken.
    func run(_ count: Int) throws(IOError) -> Int
}
