import Testing

@Suite("The kernel's wake-up cases of epoll")
struct WakeUpCaseTests {
    @Test("All are there")
    func table() {
        #expect(WakeUpCase.all.count == 58)
        #expect(WakeUpCase.all.allSatisfy { WakeUpTree($0.tree) != nil })
        #expect(WakeUpCase.all.allSatisfy { $0.twice != nil || $0.threads.count == 2 })
    }

    @Test("Each holds, every time", arguments: WakeUpCase.all)
    func holds(_ wakeUp: WakeUpCase) throws {
        let tree = try #require(WakeUpTree(wakeUp.tree))
        for run in 1...10 { #expect(try WakeUpWorld(tree).holds(wakeUp), "run \(run)") }
    }

    /// So that a multiplexer that confused the two would be found.
    @Test("Without edges, those that are about edges do not hold")
    func levelTriggered() throws {
        let broken = try WakeUpCase.all.filter { wakeUp in
            let tree = try #require(WakeUpTree(wakeUp.tree)).levelTriggered
            return try !WakeUpWorld(tree).holds(wakeUp)
        }
        let expected = WakeUpCase.all.filter { wakeUp in
            wakeUp.tree.hasPrefix("e0(et:") && (wakeUp.twice != nil || wakeUp.expectation == "one")
        }
        #expect(broken.map(\.name) == expected.map(\.name))
    }
}
