import EvlabCrossCheck
import Sockets
import Testing

@Suite
struct LoopCheckTests {
    @Test(arguments: UInt64(1)...4)
    func `Every loop does the same, as promised`(_ seed: UInt64) throws {
        let discovery = try LoopCheck().discovery(in: LoopScript(seed: seed, count: 30), seed: seed)
        #expect(discovery == nil, "\(discovery?.text ?? "")")
    }

    /// Libevent counts a delay from the beginning of the turn; the first seed that was tried found it.
    @Test(arguments: EngineName.allCases)
    func `A delay that is asked for after long work counts from then`(_ engine: EngineName) throws {
        let script = LoopScript([.timer(milliseconds: 1), .timerAfterWork(milliseconds: 5, by: 0)])
        let trace = try engine.trace(of: script)
        #expect(trace.violations == [])
        #expect(trace.events == [["fired"], ["fired"]])
    }

    @Test
    func `Scripts have every task, and the same seed gives the same`() {
        let script = LoopScript(seed: 3, count: 200)
        #expect(script == LoopScript(seed: 3, count: 200))
        let kinds = Set(script.tasks.map { String("\($0)".prefix { $0 != "(" }) })
        #expect(kinds.count == 11, "\(kinds.sorted())")
    }

    @Test(arguments: LoopMutant.allCases)
    func `A loop that breaks a promise is found, and by a short script`(_ mutant: LoopMutant) throws {
        let check = LoopCheck { name, script throws(IOError) in
            let trace = try name.trace(of: script)
            return name == .reactorPoll ? mutant.distort(trace) : trace
        }
        let script = LoopScript(seed: 2, count: 30)
        let discovery = try #require(try check.discovery(in: script, seed: 2))
        #expect(discovery.engine == .reactorPoll)
        #expect(discovery.script.tasks.count <= 3, "\(discovery.script)")
        #expect(discovery.text.contains("the reactor on poll"))
    }
}
