/// A bit for each descriptor number, in the form that `select(2)` takes, without its type's limit of 1,024.
struct DescriptorBitmap {
    /// Words of the kernel's `fd_set`.
    private(set) var words: [UInt] = []

    /// Makes room for the numbers below 64 times so many words.
    mutating func grow(toWords count: Int) {
        guard count > words.count else { return }
        words.append(contentsOf: repeatElement(0, count: count - words.count))
    }

    /// Becomes the same as another, without memory of its own for it being given up.
    mutating func copy(_ other: DescriptorBitmap) {
        words.replaceSubrange(0..., with: other.words)
    }

    func contains(_ number: CInt) -> Bool {
        words[Int(number) / UInt.bitWidth] & Self.bit(number) != 0
    }

    mutating func set(_ number: CInt, to isMember: Bool) {
        let word = Int(number) / UInt.bitWidth
        if isMember { words[word] |= Self.bit(number) } else { words[word] &= ~Self.bit(number) }
    }

    private static func bit(_ number: CInt) -> UInt {
        1 << UInt(number % CInt(UInt.bitWidth))
    }

    mutating func withPointer<Result>(_ body: (UnsafeMutablePointer<UInt>?) -> Result) -> Result {
        unsafe words.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress) }
    }
}
