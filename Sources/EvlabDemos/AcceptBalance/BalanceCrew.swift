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
        var ready = 0
        var ended = 0
        var failure: IOError?
    }

    private let state: Mutex<State>
    private let news: Waker

    init(size: Int) throws(IOError) {
        state = Mutex(State(counts: Array(repeating: BalanceCounts(), count: size)))
        news = try Waker()
    }

    // MARK: For the threads

    func isReady(_ stop: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.ready += 1
            state.stops.append(stop)
        }
        news.wake()
    }

    func ended(_ number: Int, _ counts: BalanceCounts, _ failure: IOError?) {
        state.withLock { state in
            state.counts[number] = counts
            state.failure = state.failure ?? failure
            state.ended += 1
        }
        news.wake()
    }

    // MARK: For whoever waits

    /// Waits until all serve, or one cannot.
    func waitUntilReady(_ size: Int) {
        wait { $0.ready == size || $0.ended > 0 }
    }

    /// Ends all and waits until `size` of them have ended.
    func end(_ size: Int) throws(IOError) -> [BalanceCounts] {
        let stops = state.withLock { $0.stops }
        for stop in stops { stop() }
        wait { $0.ended == size }
        let (counts, failure) = state.withLock { ($0.counts, $0.failure) }
        if let failure { throw failure }
        return counts
    }

    var hasFailed: Bool { state.withLock { $0.ended > 0 } }

    private func wait(until condition: (borrowing State) -> Bool) {
        while !state.withLock({ condition($0) }) {
            _ = clinux_poll_one(news.fileDescriptor.rawValue, 1000)
            news.acknowledge()
        }
    }
}
