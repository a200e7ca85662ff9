internal import CLinux
internal import Readiness
internal import Sockets
internal import Synchronization
internal import SystemPackage

/// What the threads of a measurement and whoever waits for them have in common.
final class BalanceCrew: Sendable {
    private struct State {
        var counts: [BalanceCounts]
        var stops: [@Sendable () -> Void] = []
        var isStopping = false
        var failure: IOError?
    }

    private let state: Mutex<State>
    private let news: Waker

    init(size: Int) throws(IOError) {
        state = Mutex(State(counts: Array(repeating: BalanceCounts(), count: size)))
        news = try Waker()
    }

    // MARK: For the threads

    /// - Parameter stop: ends the thread's accepting; called from another thread.
    func isReady(_ stop: @escaping @Sendable () -> Void) {
        let isTooLate = state.withLock { state in
            state.stops.append(stop)
            return state.isStopping
        }
        if isTooLate { stop() }
        news.wake()
    }

    func hasEnded(_ worker: Int, _ counts: BalanceCounts) {
        state.withLock { $0.counts[worker - 1] = counts }
    }

    func hasFailed(_ failure: IOError) {
        state.withLock { $0.failure = $0.failure ?? failure }
        news.wake()
    }

    // MARK: For whoever waits

    /// Waits until so many threads accept.
    ///
    /// - Throws: what one of them throws.
    func waitUntilReady(_ size: Int) throws(IOError) {
        while state.withLock({ $0.stops.count < size }) {
            try checkFailure()
            _ = clinux_poll_one(news.fileDescriptor.rawValue, 1000)
            news.acknowledge()
        }
    }

    func checkFailure() throws(IOError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Those that do not accept yet end as soon as they do.
    func stop() {
        let stops = state.withLock { state in
            state.isStopping = true
            return state.stops
        }
        for stop in stops { stop() }
    }

    /// To be asked when all threads have ended.
    var counts: [BalanceCounts] { state.withLock { $0.counts } }
}
