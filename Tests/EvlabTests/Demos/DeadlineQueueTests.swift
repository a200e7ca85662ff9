import SeededRandom
import Testing

@testable import EvlabDemos

/// The three structures beside a list of all deadlines, by a clock that only the tests move.
@Suite("Deadlines in a list, a wheel and a heap")
struct DeadlineQueueTests {
    private static let span = Duration.seconds(16)

    /// How late each may find what is due: the wheel has a slot a second.
    private static func patience(of structure: IdleStructure) -> Duration {
        structure == .wheel ? .seconds(1) : .zero
    }

    @Test(
        "Nothing comes early, nothing is forgotten, and what was taken out stays out",
        arguments: IdleStructure.allCases
    )
    func randomly(_ structure: IdleStructure) throws {
        var random = RepeatableRandom(seed: 7)
        var now = ContinuousClock.now
        var queue = structure.make(for: Self.span)
        var expected: [Int: ContinuousClock.Instant] = [:]
        let patience = Self.patience(of: structure)
        for number in 0..<600 {
            // Up to more than four rounds of the wheel.
            let deadline = now.advanced(by: .milliseconds(Int(random.next() % 300_000)))
            queue.insert(number, at: deadline)
            expected[number] = deadline
            // It may be gone already.
            let other = Int(random.next() % UInt64(2 * number + 2))
            queue.remove(other)
            expected[other] = nil
            let look = try #require(expected.isEmpty ? now : queue.nextLook)
            if let first = expected.values.min() { #expect(look <= first.advanced(by: patience)) }
            now = now.advanced(by: .milliseconds(Int(random.next() % 1000)))
            while let due = queue.popDue(now) {
                let deadline = expected.removeValue(forKey: due)
                #expect(try #require(deadline) <= now)
            }
            #expect(!expected.values.contains { $0.advanced(by: patience) <= now })
        }
        while let due = queue.popDue(now.advanced(by: .seconds(400))) { expected[due] = nil }
        #expect(expected.isEmpty)
        #expect(queue.nextLook == nil)
    }

    @Test("What is in order costs the list and the wheel one step each, whatever else is there", arguments: [10, 1000])
    func steps(_ count: Int) {
        for structure in IdleStructure.allCases where structure != .heap {
            let now = ContinuousClock.now
            var queue = structure.make(for: Self.span)
            for number in 0..<count { queue.insert(number, at: now.advanced(by: .milliseconds(number))) }
            let before = queue.steps
            queue.remove(0)
            queue.insert(0, at: now.advanced(by: .milliseconds(count)))
            #expect(queue.steps - before == 2)
        }
    }

    /// A heap of which only the root can be taken out keeps what has moved until its first time has come.
    @Test("A deadline that moves leaves nothing behind", arguments: IdleStructure.allCases)
    func moves(_ structure: IdleStructure) {
        let start = ContinuousClock.now
        var queue = structure.make(for: Self.span)
        for number in 0..<100 { queue.insert(number, at: start.advanced(by: .milliseconds(number))) }
        let before = Self.entries(in: queue)
        #expect(before >= 100)
        for round in 1...100 {
            // The last come first, so that none of them is due next.
            for number in (0..<100).reversed() {
                queue.remove(number)
                queue.insert(number, at: start.advanced(by: .milliseconds(100 * round + number)))
            }
        }
        #expect(Self.entries(in: queue) == before)
        for number in 0..<100 { queue.remove(number) }
        #expect(Self.entries(in: queue) == Self.entries(in: structure.make(for: Self.span)))
    }

    /// What a structure holds, in all the collections of which it is made.
    private static func entries(in value: Any) -> Int {
        let mirror = Mirror(reflecting: value)
        let isCollection = [.collection, .set, .dictionary].contains(mirror.displayStyle)
        return mirror.children.reduce(isCollection ? mirror.children.count : 0) { $0 + entries(in: $1.value) }
    }

    @Test("The heap takes no more steps than its height, twice", arguments: [10, 1000])
    func height(_ count: Int) {
        let now = ContinuousClock.now
        var queue = IdleStructure.heap.make(for: Self.span)
        for number in 0..<count { queue.insert(number, at: now.advanced(by: .milliseconds(number))) }
        let before = queue.steps
        queue.remove(0)
        queue.insert(0, at: now)
        #expect(queue.steps - before <= 2 * (Int.bitWidth - count.leadingZeroBitCount))
    }
}
