internal import Sockets

/// Deletes elements, many at a time and then few, for as long as what is left shows what is looked for.
///
/// - Parameter mostRuns: how often to try; what seldom shows must not take for ever.
func shortened<Element>(
    _ all: [Element],
    mostRuns: Int,
    while shows: ([Element]) throws(IOError) -> Bool
) throws(IOError) -> [Element] {
    var best = all
    var runsLeft = mostRuns
    var width = max(1, best.count / 2)
    while width >= 1, runsLeft > 0 {
        let before = best.count
        var end = best.count
        while end > 0, runsLeft > 0 {
            var candidate = best
            candidate.removeSubrange(max(0, end - width)..<end)
            runsLeft -= 1
            if try shows(candidate) { best = candidate }
            end = min(end - width, best.count)
        }
        // Once more with single elements, until none can be spared: deleting one may free another.
        if width == 1, best.count == before { break }
        width = max(1, width / 2)
    }
    return best
}
