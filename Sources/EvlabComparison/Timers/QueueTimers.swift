internal import Sockets

/// Holds the timer workload on a queue. A round is one access to it: within, nothing is checked timer by timer.
final class QueueTimers: TimerRounds {
    private var rounds: TimerQueueRounds

    init(count: Int) {
        rounds = TimerQueueRounds(count: count)
    }

    func cancelRound(_ times: inout TimerTimes) { rounds.cancelRound(&times) }
    func fireRound(_ times: inout TimerTimes) { rounds.fireRound(&times) }
    func script(_ delays: [Int], _ times: inout TimerTimes) -> [Int] { rounds.script(delays, &times) }
}
