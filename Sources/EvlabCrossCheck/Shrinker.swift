package import Sockets

/// Deletes operations from a script for as long as what is left shows the same kind of finding.
package struct Shrinker {
    private let makeObserver: Episode.MakeObserver
    /// Runs that are left: a finding that seldom shows must not take for ever.
    private var runsLeft: Int
    private let isInterrupted: () -> Bool

    package init(
        observers makeObserver: @escaping Episode.MakeObserver = { name throws(IOError) in try name.makeObserver() },
        mostRuns: Int = 2000,
        whenInterrupted isInterrupted: @escaping () -> Bool = { false }
    ) {
        self.isInterrupted = isInterrupted
        self.makeObserver = makeObserver
        runsLeft = mostRuns
    }

    /// The shortest script that was found, with its finding.
    ///
    /// - Throws: `noDescriptors`, `noMemory`.
    package mutating func shrink(
        _ script: [Operation],
        _ finding: Finding
    ) throws(IOError) -> (script: [Operation], finding: Finding) {
        var best = (script: Array(script.prefix(finding.step + 1)), finding: finding)
        try delete(&best)
        try simplify(&best)
        try delete(&best)
        return best
    }

    private mutating func delete(_ best: inout (script: [Operation], finding: Finding)) throws(IOError) {
        var width = max(1, best.script.count / 2)
        while width >= 1, runsLeft > 0 {
            let wasShortened = try deletePieces(&best, width)
            // Once more with single operations, until none can be spared: deleting one may free another.
            if width == 1, !wasShortened { break }
            width = max(1, width / 2)
        }
    }

    /// Where a descriptor was replaced, opening or closing alone may do.
    private mutating func simplify(_ best: inout (script: [Operation], finding: Finding)) throws(IOError) {
        for index in best.script.indices.reversed() {
            guard index < best.script.count, case .replace(let id, let kind, let first, let second) = best.script[index]
            else { continue }
            for simpler in [.close(id), Operation.make(kind, first, second)] {
                var candidate = best.script
                candidate[index] = simpler
                guard let finding = try run(candidate), finding.isLike(best.finding) else { continue }
                best = (Array(candidate.prefix(finding.step + 1)), finding)
                break
            }
        }
    }

    private mutating func deletePieces(
        _ best: inout (script: [Operation], finding: Finding),
        _ width: Int
    ) throws(IOError) -> Bool {
        var wasShortened = false
        var end = best.script.count
        while end > 0, runsLeft > 0 {
            let start = max(0, end - width)
            var candidate = best.script
            candidate.removeSubrange(start..<end)
            if let finding = try run(candidate), finding.isLike(best.finding) {
                best = (Array(candidate.prefix(finding.step + 1)), finding)
                wasShortened = true
            }
            end = min(start, best.script.count)
        }
        return wasShortened
    }

    private mutating func run(_ script: [Operation]) throws(IOError) -> Finding? {
        runsLeft = isInterrupted() ? 0 : runsLeft - 1
        // The script that is found in the end is run once more with all patience.
        return try Episode(patience: 0.3, observers: makeObserver).run(script)
    }
}
