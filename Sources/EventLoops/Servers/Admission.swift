internal import Readiness
internal import Sockets
internal import Synchronization

/// How many more connections a server may take, counted over all its loops.
///
/// Thread rule: any thread.
final class Admission: Sendable {
    private let most: Int
    private let taken = Atomic(0)
    private let someoneWaits = Atomic(false)
    private let waiting = Mutex<[Listener]>([])

    init(most: Int) throws(IOError) {
        guard most >= 1 else {
            let detail = "mostConnections is \(most), which would serve no connection; use 1 or more"
            throw IOError("TCPServer", .invalidArgument, detail: detail)
        }
        self.most = most
    }

    /// Reserves a place for one connection.
    ///
    /// - Returns: `false` at the limit; ``wait(_:)`` is what to do then.
    func take() -> Bool {
        var current = taken.load(ordering: .relaxed)
        while current < most {
            let (isExchanged, original) = taken.weakCompareExchange(
                expected: current,
                desired: current + 1,
                ordering: .relaxed
            )
            if isExchanged { return true }
            current = original
        }
        return false
    }

    /// Gives a place back. Every listener that waits for one tries again.
    func giveBack() {
        // In one order with what `wait` does, so that either it sees the place or this sees the listener.
        taken.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        if someoneWaits.load(ordering: .sequentiallyConsistent) { wakeAll() }
    }

    /// Has a listener resume on its own thread when there is a place.
    func wait(_ listener: Listener) {
        waiting.withLock(of: self) { $0.append(listener) }
        someoneWaits.store(true, ordering: .sequentiallyConsistent)
        if taken.load(ordering: .sequentiallyConsistent) < most { wakeAll() }
    }

    /// Forgets a listener that has stopped.
    func forget(_ listener: Listener) {
        waiting.withLock(of: self) { waiting in waiting.removeAll { $0 === listener } }
    }

    private func wakeAll() {
        someoneWaits.store(false, ordering: .sequentiallyConsistent)
        let listeners = waiting.withLock(of: self) { waiting in
            defer { waiting = [] }
            return waiting
        }
        for listener in listeners { listener.loop.call { listener.placeCameFree() } }
    }
}
