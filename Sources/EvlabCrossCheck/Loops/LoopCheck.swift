package import Sockets

/// Gives the same script to every loop, as far as that can be given it, and compares what came of it.
package struct LoopCheck {
    package typealias Run = (EngineName, LoopScript) throws(IOError) -> LoopTrace

    private let trace: Run

    package init(running trace: @escaping Run = { name, script throws(IOError) in try name.trace(of: script) }) {
        self.trace = trace
    }

    /// The first loop that does not do as it promises, or not as the first does; with the shortest script that shows it.
    ///
    /// - Throws: `noDescriptors`, `noMemory`.
    package func discovery(in script: LoopScript, seed: UInt64) throws(IOError) -> LoopDiscovery? {
        guard var found = try finding(in: script, seed: seed) else { return nil }
        for index in script.tasks.indices.reversed() {
            var tasks = found.script.tasks
            guard tasks[index] != .nothing, !tasks.contains(where: { $0.caller == index }) else { continue }
            tasks[index] = .nothing
            guard let shorter = try finding(in: LoopScript(tasks), seed: seed), shorter.engine == found.engine
            else { continue }
            found = shorter
        }
        return try finding(in: found.script.compacted, seed: seed) ?? found
    }

    private func finding(in script: LoopScript, seed: UInt64) throws(IOError) -> LoopDiscovery? {
        var first: LoopTrace?
        for engine in EngineName.allCases {
            let own = script.limited(to: engine)
            let found = try trace(engine, own)
            let all = first ?? found
            first = all
            let expected = all.limited(to: own, hasEnds: engine.hasEnds)
            guard !found.violations.isEmpty || found != expected else { continue }
            return LoopDiscovery(seed: seed, script: script, engine: engine, expected: expected, found: found)
        }
        return nil
    }
}
