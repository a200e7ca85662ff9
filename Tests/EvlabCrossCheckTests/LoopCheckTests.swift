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

    /// What tasks on an event loop have no words for is left out, with what hangs on it.
    @Test(arguments: [EngineName.nativeTasks, .libeventTasks])
    func `A loop of tasks does what it can be given`(_ engine: EngineName) throws {
        let script = LoopScript([
            .timer(milliseconds: 1), .repeating(milliseconds: 1, times: 2), .timerAfterWork(milliseconds: 2, by: 1),
            .cancelled(by: 0), .posts(count: 3), .postsFromThread(count: 2), .post(by: 4),
        ])
        let trace = try engine.trace(of: script)
        #expect(trace.violations == [])
        #expect(
            trace.events == [
                ["fired"], ["fired", "fired"], ["fired"], ["cancelled"], ["post 0", "post 1", "post 2"],
                ["post 0", "post 1"], ["post 0"],
            ]
        )
        let rest: [LoopTask] = [
            .stream(pieces: 1, bytes: 5, readSize: 9, isOneShot: false), .closed(by: 0), .closesItself,
            .nestedRun(by: 0), .post(by: 7),
        ]
        #expect(try LoopCheck().discovery(in: LoopScript(script.tasks + rest), seed: 0) == nil)
    }

    @Test(arguments: LoopMutant.allCases)
    func `A loop that breaks a promise is found, and by a short script`(_ mutant: LoopMutant) throws {
        let check = LoopCheck { name, script throws(IOError) in
            let trace = try name.trace(of: script)
            return name == mutant.victim ? mutant.distort(trace) : trace
        }
        let script = LoopScript(seed: 2, count: 30)
        let discovery = try #require(try check.discovery(in: script, seed: 2))
        #expect(discovery.engine == mutant.victim)
        #expect(discovery.script.tasks.count <= 3, "\(discovery.script)")
        #expect(discovery.text.contains(mutant.victim.rawValue))
    }
}
