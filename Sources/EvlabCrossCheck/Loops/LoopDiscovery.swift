/// A loop that does not do as the others, or not as it promises.
package struct LoopDiscovery: Sendable {
    package let seed: UInt64
    package let script: LoopScript
    package let engine: EngineName
    /// What came of the script on the first loop.
    package let expected: LoopTrace
    package let found: LoopTrace

    /// For a person.
    package var text: String {
        var lines = ["FINDING: \(engine.rawValue), seed \(seed):"]
        lines += found.violations.map { "  \($0)" }
        for (index, task) in script.tasks.enumerated() where task != .nothing {
            lines.append("  \(index) \(task): \(expected.events[index])")
            if found.events[index] != expected.events[index] { lines.append("    but here: \(found.events[index])") }
        }
        if found.ends != expected.ends { lines.append("  runs ended \(found.ends), elsewhere \(expected.ends)") }
        lines += ["", "As a test:", "", test]
        return lines.joined(separator: "\n")
    }

    private var test: String {
        """
        @Test
        func loopSeed\(seed)() throws {
            let script = LoopScript([
        \(script.tasks.map { "        .\($0)," }.joined(separator: "\n"))
            ])
            #expect(try LoopCheck().discovery(in: script, seed: 0) == nil)
        }
        """
    }
}
