internal import CLinux
internal import Synchronization

/// Keys and their values in memory, for the connections of all loops: one at a time works on it.
final class RespStore: Sendable {
    struct Entry {
        var value: [UInt8]
        /// When it expires, in milliseconds of the monotonic clock; `.max` for never.
        var end = Int64.max

        var expires: Bool { end != .max }
    }

    private struct Contents {
        var entries: [RespKey: Entry] = [:]
        /// How many of them expire.
        var expiring = 0

        /// Notes a change of the number of entries that expire; whether there were none before.
        mutating func note(_ old: Bool, _ new: Bool) -> Bool {
            guard old != new else { return false }
            expiring += new ? 1 : -1
            return new && expiring == 1
        }
    }

    /// Yields when an entry that expires is added and there was none before.
    let expiryBegins: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation
    private let contents = Mutex(Contents())
    private let clients = Atomic(0)

    init() {
        (expiryBegins, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The time that entries expire by.
    static var now: Int64 { clinux_monotonic_now() / 1_000_000 }

    /// A number for a client: no two get the same.
    func nextClient() -> Int {
        clients.add(1, ordering: .relaxed).newValue
    }

    /// Looks at the entry of a key, which is `nil` if there is none or it has expired.
    @inline(__always)
    func read<Result: Sendable>(_ key: RespKey, _ body: (Entry?) -> Result) -> Result {
        contents.withLock { contents in
            guard let entry = contents.entries[key], !entry.expires || entry.end > Self.now else { return body(nil) }
            return body(entry)
        }
    }

    /// The values of several keys at one moment.
    func values(of keys: [RespKey]) -> [[UInt8]?] {
        contents.withLock { contents in
            let now = Self.now
            return keys.map { key in contents.entries[key].flatMap { $0.end > now ? $0.value : nil } }
        }
    }

    /// Gives a key an entry in place of the one that it has.
    func set(_ key: RespKey, to entry: Entry) {
        set([(key, entry)])
    }

    /// Gives several keys entries at one moment.
    func set(_ pairs: [(RespKey, Entry)]) {
        let begins = contents.withLock { contents in
            var begins = false
            for (key, entry) in pairs {
                let old = contents.entries.updateValue(entry, forKey: key)
                if contents.note(old?.expires ?? false, entry.expires) { begins = true }
            }
            return begins
        }
        if begins { bell.yield() }
    }

    /// Works on the entry of a key, which is `nil` if there is none or it has expired.
    func change<Result: Sendable>(_ key: RespKey, _ body: (inout Entry?) -> Result) -> Result {
        let (result, begins) = contents.withLock { contents in
            let (result, old, new) = Self.change(&contents.entries[key], body)
            return (result, contents.note(old, new))
        }
        if begins { bell.yield() }
        return result
    }

    private static func change<Result>(
        _ entry: inout Entry?,
        _ body: (inout Entry?) -> Result
    ) -> (result: Result, expiredBefore: Bool, expiresNow: Bool) {
        let before = entry?.expires ?? false
        if before, let end = entry?.end, end <= now { entry = nil }
        let result = body(&entry)
        return (result, before, entry?.expires ?? false)
    }

    /// Removes all entries that have expired.
    ///
    /// - Returns: when the next entry expires, in milliseconds from now; `nil` if none does.
    func sweep() -> Int64? {
        contents.withLock { contents in
            guard contents.expiring > 0 else { return nil }
            let now = Self.now
            let ends = contents.entries.values.lazy.filter(\.expires).map(\.end)
            guard ends.contains(where: { $0 <= now }) else { return ends.min().map { $0 - now } }
            contents.entries = contents.entries.filter { $0.value.end > now }
            contents.expiring = contents.entries.values.count(where: \.expires)
            return contents.entries.values.lazy.filter(\.expires).map(\.end).min().map { $0 - now }
        }
    }
}
