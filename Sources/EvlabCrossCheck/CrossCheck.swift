internal import Multiplexing
package import Sockets

/// Runs seeded scripts, episode after episode, until a finding, a number of operations or a time ends it.
///
/// Thread rule: one thread; nothing is shared, so that several may run at a time.
package struct CrossCheck {
    /// How long, and where to begin.
    package struct Options: Sendable {
        /// Decides every operation; the first episode's seed.
        package var seed: UInt64
        /// Operations in all; `nil` for no limit.
        package var steps: Int?
        /// Time in all; `nil` for no limit.
        package var limit: Duration?
        /// Operations of one episode, after which a new world is made.
        package var episodeLength = 300

        package init(seed: UInt64, steps: Int? = nil, limit: Duration? = nil) {
            self.seed = seed
            self.steps = steps
            self.limit = limit
        }
    }

    private let options: Options
    private let makeObserver: Episode.MakeObserver
    private let serving: ServingCheck?
    private var counts = Counts()
    private var episodeNumber = 0

    /// Episodes for each script that the loops are given, which takes longer.
    private static let episodesALoop = 10
    private static let tasksALoop = 30

    /// - Parameter serving: the demonstrations that serve; `nil` to leave them out.
    package init(
        _ options: Options,
        serving: ServingCheck? = nil,
        observers makeObserver: @escaping Episode.MakeObserver = { name throws(IOError) in try name.makeObserver() }
    ) {
        self.options = options
        self.serving = serving
        self.makeObserver = makeObserver
    }

    /// Runs. With servers, SIGINT and SIGTERM end it early.
    ///
    /// - Parameters:
    ///   - progress: called after each episode with what was done so far.
    ///   - record: called with what is worth writing down, and the seed that it belongs to; `nil` where nothing is wanted,
    ///     which is faster.
    /// - Throws: what keeps the world from being made, such as `noDescriptors`.
    package mutating func run(
        progress: (Counts) -> Void = { _ in },
        record: ((UInt64, TraceRecord) -> Void)? = nil
    ) throws(IOError) -> Report {
        let start = MonotonicInstant.now
        var seed = options.seed
        var stepsLeft = options.steps ?? .max
        while stepsLeft > 0, !isInterrupted, options.limit.map({ start.duration(to: .now) < $0 }) ?? true {
            let length = min(stepsLeft, options.episodeLength)
            if let find = try runEpisode(seed, length, record) {
                record?(seed, .find(find))
                return report(start, find)
            }
            progress(counts)
            stepsLeft -= length
            seed &+= 1
        }
        if isInterrupted { return report(start, isInterrupted: true) }
        let complaints = try serving?.end() ?? []
        return report(start, complaints.isEmpty ? nil : .totals(complaints))
    }

    private var isInterrupted: Bool { serving?.isInterrupted ?? false }

    /// Everything that belongs to a seed.
    private mutating func runEpisode(
        _ seed: UInt64,
        _ length: Int,
        _ record: ((UInt64, TraceRecord) -> Void)?
    ) throws(IOError) -> Find? {
        defer { episodeNumber += 1 }
        let script = ScriptGenerator.script(seed: seed, count: length)
        let episode = try Episode(recording: record != nil, observers: makeObserver)
        let finding = try episode.run(script)
        counts.add(episode.counts)
        if let record { for line in episode.trace { record(seed, .descriptors(line)) } }
        if let finding { return .descriptors(try discover(seed, script, finding)) }
        if episodeNumber % Self.episodesALoop == 0, let find = try checkLoops(seed, record) { return find }
        return try checkServers(seed, record)
    }

    private func report(_ start: MonotonicInstant, _ find: Find? = nil, isInterrupted: Bool = false) -> Report {
        Report(
            seed: options.seed,
            counts: counts,
            time: start.duration(to: .now),
            find: find,
            isInterrupted: isInterrupted
        )
    }

    private mutating func checkLoops(
        _ seed: UInt64,
        _ record: ((UInt64, TraceRecord) -> Void)?
    ) throws(IOError) -> Find? {
        let script = LoopScript(seed: seed, count: Self.tasksALoop)
        counts.loopScripts += 1
        counts.loopTasks += script.tasks.count
        record?(seed, .loops(script))
        return try LoopCheck().discovery(in: script, seed: seed).map { .loops($0) }
    }

    private mutating func checkServers(
        _ seed: UInt64,
        _ record: ((UInt64, TraceRecord) -> Void)?
    ) throws(IOError) -> Find? {
        guard let serving else { return nil }
        let script = ServingScript(seed: seed)
        record?(seed, .servers(script))
        defer { counts.serving = serving.counts }
        return try serving.discovery(in: script, seed: seed).map { .servers($0) }
    }

    private func discover(_ seed: UInt64, _ script: [Operation], _ finding: Finding) throws(IOError) -> Discovery {
        var shrinker = Shrinker(observers: makeObserver) { [serving] in serving?.isInterrupted ?? false }
        let short = try shrinker.shrink(script, finding)
        let replay = try Episode(recording: true, observers: makeObserver)
        let again = try replay.run(short.script)
        return Discovery(
            seed: seed,
            original: script,
            script: short.script,
            finding: short.finding,
            trace: replay.trace,
            isRepeatable: again?.isLike(short.finding) ?? false
        )
    }
}
