internal import Synchronization

/// Keys and their values in memory, for the connections of all loops.
final class RespStore: Sendable {
    struct Entry {
        var value: [UInt8]
        /// When it is over; `nil` for never.
        var end: ContinuousClock.Instant?
    }

    private let entries = Mutex<[[UInt8]: Entry]>([:])

    /// Works on the entry of a key, which is `nil` when there is none, or none any more.
    func withEntry<Result: Sendable>(of key: [UInt8], _ body: (inout Entry?) -> Result) -> Result {
        entries.withLock { entries in
            if let end = entries[key]?.end, end <= .now { entries[key] = nil }
            return body(&entries[key])
        }
    }

    /// Lets go of what is over and nobody asks for.
    func sweep() {
        let now = ContinuousClock.now
        entries.withLock { entries in
            entries = entries.filter { $0.value.end.map { $0 > now } ?? true }
        }
    }
}
