import EvlabCrossCheck
import Sockets
import Testing

/// A checker that finds nothing has shown nothing: here it has something to find.
@Suite
struct MutantTests {
    @Test(arguments: Mutant.allCases)
    func `Every broken observer is found, and by a short script`(_ mutant: Mutant) throws {
        let discovery = try #require(try Self.discovery(of: mutant))
        #expect(discovery.script.count <= 12, "\(discovery.script)")
        #expect(!discovery.trace.isEmpty)
    }

    /// The first that is the mutant's: on a machine that is slow beyond measure, an effect that comes late may be found
    /// first, but not seed after seed.
    private static func discovery(of mutant: Mutant) throws(IOError) -> Discovery? {
        for seed in UInt64(1)...3 {
            var check = CrossCheck(CrossCheck.Options(seed: seed, steps: 20_000)) { name throws(IOError) in
                // The others have no part in it.
                name == mutant.victim ? MutantObserver(mutant, try name.makeObserver()) : nil
            }
            guard let discovery = try check.run().discovery else { continue }
            if discovery.finding.observer == mutant.victim { return discovery }
        }
        return nil
    }
}
