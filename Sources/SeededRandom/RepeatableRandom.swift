/// Random numbers that a seed repeats (SplitMix64), so that what was done by chance can be done again.
///
/// They are the same on every machine. What the standard library draws with them (`shuffled`, `random(in:)`) may change with
/// the library's version.
package struct RepeatableRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to one less than `limit`, which is at least 1.
    package mutating func below(_ limit: Int) -> Int {
        Int(truncatingIfNeeded: next() % UInt64(max(limit, 1)))
    }

    /// A number of the range, both bounds included.
    package mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// One of them, or `nil` when there is none.
    package mutating func element<Element>(of all: [Element]) -> Element? {
        all.isEmpty ? nil : all[below(all.count)]
    }

    /// So many bytes, 0 or more.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        bytes.removeSubrange(count...)
        return bytes
    }
}
