import Testing

@testable import EvlabComparison

/// What the difference between two counted runs says.
@Suite
struct TallyTests {
    @Test("How many waits messages share does not change what else they take")
    func waits() throws {
        let short = Tally(systemCalls: 500, waits: 160)
        for (waits, share) in [(40, 0), (160, 0), (640, 1.0)] {
            var cost = CostCounts.Cost()
            cost.add(.strace, from: short, to: Tally(systemCalls: 1300 + waits, waits: waits), for: 480)
            #expect(cost.waits == share)
            #expect(try #require(cost.systemCalls) == 2 + share)
        }
    }

    @Test("Less in the longer run is chance, and much less says nothing")
    func chance() {
        var cost = CostCounts.Cost()
        cost.add(.callgrind, from: Tally(instructions: 1000, allocations: 10), to: Tally(instructions: 900), for: 200)
        #expect(cost.instructions == nil && cost.allocations == 0)
    }
}
