import EvlabCrossCheck
import Sockets
import Testing

/// A checker that finds nothing has shown nothing: here it has something to find.
@Suite
struct MutantTests {
    @Test(arguments: Mutant.allCases)
    func `Every broken observer is found, and by a short script`(_ mutant: Mutant) throws {
        let options = CrossCheck.Options(seed: 1, steps: 20_000)
        var check = CrossCheck(options) { name throws(IOError) in
            // The others have no part in it.
            name == mutant.victim ? MutantObserver(mutant, try name.makeObserver()) : nil
        }
        let discovery = try #require(try check.run().discovery)
        #expect(discovery.finding.observer == mutant.victim)
        #expect(discovery.script.count <= 12, "\(discovery.script)")
        #expect(discovery.isRepeatable)
        #expect(!discovery.trace.isEmpty)
    }
}
