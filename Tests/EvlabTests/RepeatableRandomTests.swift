import SeededRandom
import Testing

/// Seeds are printed and written down: what comes of one must not change.
@Suite
struct RepeatableRandomTests {
    @Test("A seed gives the numbers that it has always given")
    func numbers() {
        var random = RepeatableRandom(seed: 0)
        let numbers = (0..<3).map { _ in random.next() }
        #expect(numbers == [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F])
        var other = RepeatableRandom(seed: 1)
        #expect(other.next() == 0x910A_2DEC_8902_5CC1)
    }

    @Test("Bytes are those of the numbers, the lowest first")
    func bytes() {
        var random = RepeatableRandom(seed: 0)
        #expect(random.bytes(11) == [0xAF, 0xCD, 0x1D, 0x7B, 0x39, 0xA8, 0x20, 0xE2, 0xF4, 0x65, 0xB9])
        #expect(random.bytes(0).isEmpty)
    }

    @Test("What is drawn is in its range, and all of it is drawn")
    func ranges() {
        var random = RepeatableRandom(seed: 3)
        #expect(Set((0..<200).map { _ in random.below(4) }) == [0, 1, 2, 3])
        #expect(Set((0..<200).map { _ in random.number(in: -1...1) }) == [-1, 0, 1])
        #expect(Set((0..<200).compactMap { _ in random.element(of: ["a", "b"]) }) == ["a", "b"])
        #expect(random.below(1) == 0 && random.element(of: [Int]()) == nil)
    }
}
