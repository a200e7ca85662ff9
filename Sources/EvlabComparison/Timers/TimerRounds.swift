internal import Sockets

/// Many timers, and something that keeps them. All of them take the same times in the same order.
protocol TimerRounds: AnyObject {
    /// Inserts all timers at times of one second and less, and cancels them in another order.
    func cancelRound(_ times: inout TimerTimes) throws(IOError)

    /// Inserts all timers at times of a millisecond and less, waits until all are due, and lets them fire.
    func fireRound(_ times: inout TimerTimes) throws(IOError)

    /// Inserts timers at these milliseconds, a negative one at its amount, each counted from its own insertion; cancels the
    /// negative ones, and lets the others fire. Adds what inserting took to `times`.
    ///
    /// - Returns: the places of the ones that fired, in their order.
    func script(_ delays: [Int], _ times: inout TimerTimes) throws(IOError) -> [Int]
}
