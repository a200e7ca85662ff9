internal import CLinux
internal import Synchronization

/// Keys and their values in memory, for the connections of all loops: one at a time works on it.
final class RespStore: Sendable {
    struct Entry {
        var value: [UInt8]
        /// When it is over, in nanoseconds of the monotonic clock.
        var end = Int64.max
    }

    private let entries = Mutex<[RespKey: Entry]>([:])

    /// The time that entries end by.
    static var now: Int64 { clinux_monotonic_now() }

    /// Looks at the entry of a key, which is `nil` when there is none, or none any more.
    @inline(__always)
    func read<Result: Sendable>(_ key: RespKey, _ body: (Entry?) -> Result) -> Result {
        entries.withLock { entries in
            guard let entry = entries[key], entry.end == .max || entry.end > Self.now else { return body(nil) }
            return body(entry)
        }
    }

    /// Gives a key an entry in place of the one that it has.
    func set(_ key: RespKey, to entry: Entry) {
        entries.withLock { $0[key] = entry }
    }

    /// Works on the entry of a key, which is `nil` when there is none, or none any more.
    func change<Result: Sendable>(_ key: RespKey, _ body: (inout Entry?) -> Result) -> Result {
        entries.withLock { entries in
            if let end = entries[key]?.end, end <= Self.now { entries[key] = nil }
            return body(&entries[key])
        }
    }

    /// Lets go of what is over and nobody asks for.
    func sweep() {
        entries.withLock { entries in
            let now = Self.now
            guard entries.values.contains(where: { $0.end <= now }) else { return }
            entries = entries.filter { $0.value.end > now }
        }
    }
}
