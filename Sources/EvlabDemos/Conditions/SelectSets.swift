internal import CLinux

/// The three sets of `select(2)`, as the kernel leaves them.
struct SelectSets {
    private(set) var readable: [UInt]
    private(set) var writable: [UInt]
    private(set) var exceptional: [UInt]
    private let limit: CInt

    /// Asks for everything of some descriptors.
    ///
    /// - Parameter numbers: none of them negative.
    init(asking numbers: [CInt]) {
        limit = (numbers.max() ?? -1) + 1
        var asked = [UInt](repeating: 0, count: Int(limit) / UInt.bitWidth + 1)
        for number in numbers { asked[Self.word(number)] |= Self.bit(number) }
        readable = asked
        writable = asked
        exceptional = asked
    }

    private static func word(_ number: CInt) -> Int { Int(number) / UInt.bitWidth }
    private static func bit(_ number: CInt) -> UInt { 1 << UInt(Int(number) % UInt.bitWidth) }

    /// Whether a set of theirs has a descriptor in it.
    static func contains(_ number: CInt, in set: [UInt]) -> Bool {
        set[word(number)] & bit(number) != 0
    }

    /// How many of some descriptors are in the first set.
    func readableCount(of numbers: [CInt]) -> Int {
        numbers.count { Self.contains($0, in: readable) }
    }

    /// Leaves the first set as the only one.
    mutating func askOnlyForReading() {
        writable = writable.map { _ in 0 }
        exceptional = writable
    }

    /// `select(2)`, which writes what it found into the sets.
    ///
    /// - Parameter microseconds: the time limit, negative for none; then what the call left in its place.
    /// - Returns: how many bits are set, or -errno.
    mutating func select(_ microseconds: inout Int64) -> CInt {
        unsafe call(&microseconds) { unsafe clinux_select_limited($0, $1, $2, $3, $4) }
    }

    /// `pselect(2)`, likewise, in nanoseconds.
    mutating func pselect(_ nanoseconds: inout Int64) -> CInt {
        unsafe call(&nanoseconds) { unsafe clinux_pselect_limited($0, $1, $2, $3, $4) }
    }

    private typealias Words = UnsafeMutablePointer<UInt>?

    private mutating func call(
        _ time: inout Int64,
        _ body: (CInt, Words, Words, Words, UnsafeMutablePointer<Int64>) -> CInt
    ) -> CInt {
        let limit = limit
        return unsafe readable.withUnsafeMutableBufferPointer { readable in
            unsafe writable.withUnsafeMutableBufferPointer { writable in
                unsafe exceptional.withUnsafeMutableBufferPointer { exceptional in
                    unsafe body(
                        limit,
                        readable.baseAddress,
                        writable.baseAddress,
                        exceptional.baseAddress,
                        &time
                    )
                }
            }
        }
    }
}
