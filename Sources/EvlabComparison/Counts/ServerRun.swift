/// A run of a server that was counted.
struct ServerRun {
    let work: CountedRun.Work
    var tally: Tally

    /// The runs as they would have been with one wait for the messages of all connections.
    ///
    /// How many share one is for chance and the machine to say: a client that is held up for a moment costs its server a
    /// turn of the loop. What such a turn takes shows in the last run, which has a turn for each message.
    ///
    /// - Parameter runs: a short one, a longer one, one with more connections, and one with a single connection and as many
    ///   messages as the short one.
    /// - Returns: `nil` where the machine was too busy to tell what a turn takes.
    static func steadied(_ runs: [ServerRun]) -> [ServerRun]? {
        guard runs.count == 4, runs[0].work.connections > 1, runs[3].tally.waits > 0 else { return runs }
        guard let turn = turn(runs) else { return nil }
        return runs.map { run in
            var steady = run
            let waits = run.work.messages / run.work.connections
            steady.tally.instructions -= Int((turn * Double(run.tally.waits - waits)).rounded())
            return steady
        }
    }

    /// The instructions of a turn of the loop, from two equations: the wide run has more connections than the long one, and
    /// the single one fewer than the short one, and each has other waits.
    private static func turn(_ runs: [ServerRun]) -> Double? {
        func more(_ path: KeyPath<Tally, Int>, _ run: Int, _ other: Int) -> Double {
            Double(runs[run].tally[keyPath: path] - runs[other].tally[keyPath: path])
        }
        let fewer = Double(runs[0].work.connections - runs[3].work.connections)
        let share = fewer / Double(runs[2].work.connections - runs[1].work.connections)
        let waits = more(\.waits, 3, 0) + share * more(\.waits, 2, 1)
        guard waits > Double(runs[0].work.messages) / 5 else { return nil }
        let instructions = more(\.instructions, 3, 0) + share * more(\.instructions, 2, 1)
        return instructions > 0 ? instructions / waits : nil
    }
}
