import EvlabComparison
import SeededRandom
import Testing

/// What may be said of measurements, on measurements of which the truth is known.
@Suite
struct StatisticsTests {
    /// Times as a busy machine gives them: a level that drifts for both, a share of each process of its own, noise of each
    /// measurement, and now and then one that took several times as long.
    private struct World {
        var random: RepeatableRandom
        /// How much longer the first of the two really takes.
        let slowdown: Double
        /// Standard deviations of a measurement and of the share of a process.
        var noise = 0.03, share = 0.01
        /// How often one takes several times as long.
        var spikes = 0.03

        mutating func number() -> Double { Double(random.next() >> 11) / Double(1 << 53) }

        /// Nearly normal, with a standard deviation of 1.
        mutating func normal() -> Double { (0..<12).map { _ in number() }.reduce(0, +) - 6 }

        mutating func time(_ level: Double, _ share: Double) -> Double {
            let spike = number() < spikes ? 1 + 4 * number() : 1
            return 1000 * level * (1 + share) * (1 + noise * normal()) * spike
        }

        mutating func run(processes: Int = 5, rounds: Int = 20) -> (mine: [[Double]], others: [[Double]]) {
            var (mine, others): ([[Double]], [[Double]]) = ([], [])
            for _ in 0..<processes {
                let shares = (share * normal(), share * normal())
                var level = 1 + 0.3 * number()
                mine.append([])
                others.append([])
                for _ in 0..<rounds {
                    level *= 1 + 0.05 * normal()
                    mine[mine.count - 1].append(time(level * slowdown, shares.0))
                    others[others.count - 1].append(time(level, shares.1))
                }
            }
            return (mine, others)
        }

        mutating func verdict() -> Verdict {
            let run = run()
            return PairedRatio(of: run.mine, to: run.others, resamples: 200)?.verdict ?? .undecided
        }
    }

    @Test("A slowdown of a tenth is found in at least 9 of 10 runs, and nothing else is ever said of it")
    func slowdown() {
        var world = World(random: RepeatableRandom(seed: 1), slowdown: 1.1)
        let verdicts = (0..<10).map { _ in world.verdict() }
        #expect(verdicts.count { $0 == .slower } >= 9, "\(verdicts)")
        #expect(!verdicts.contains(.faster))
    }

    /// As many processes and rounds as a quick run has, and a full one.
    @Test(
        "It is found with the few measurements of a quick run and of a full one, on a machine with nothing else to do",
        arguments: [(6, 2), (10, 4)]
    )
    func slowdownInFew(_ processes: Int, _ rounds: Int) {
        var world = World(random: RepeatableRandom(seed: 11), slowdown: 1.1, noise: 0.015, share: 0.007, spikes: 0.01)
        let ratios = (0..<10).compactMap { _ in
            let run = world.run(processes: processes, rounds: rounds)
            return PairedRatio(of: run.mine, to: run.others)
        }
        #expect(ratios.count { $0.high < 1 } >= 9, "\(ratios)")
        #expect(!ratios.contains { $0.verdict == .faster })
    }

    @Test("Of many equal subjects on a noisy machine none is called faster by one run and slower by another")
    func agreement() {
        var words: [[Verdict]] = []
        for seed in 0..<2 {
            var world = World(random: RepeatableRandom(seed: UInt64(100 + seed)), slowdown: 1, noise: 0.1, share: 0.1)
            words.append(
                (0..<300).map { _ in
                    let run = world.run(processes: 6, rounds: 2)
                    return PairedRatio(of: run.mine, to: run.others, resamples: 200)?.verdict ?? .undecided
                }
            )
        }
        let wrong = words.flatMap(\.self).count { $0 == .faster || $0 == .slower }
        #expect(wrong <= 12, "\(wrong) of 600")
        let contradicted = zip(words[0], words[1]).count { Set([$0, $1]) == [.faster, .slower] }
        #expect(contradicted == 0)
    }

    @Test("Few processes make a wide interval: less is known of those that were not run")
    func fewProcesses() throws {
        func width(_ processes: Int) -> Double {
            let times = (0..<processes).map { _ in [1.0, 1.01, 1.0] }
            let others = (0..<processes).map { [Double](repeating: $0.isMultiple(of: 2) ? 1.01 : 0.99, count: 3) }
            guard let ratio = PairedRatio(of: times, to: others) else { return .nan }
            #expect(ratio.surelyAbove < ratio.low && ratio.high < ratio.surelyBelow)
            return ratio.high / ratio.low - 1
        }
        #expect(width(3) > width(10))
        let one = try #require(PairedRatio(of: [[1, 1, 1, 1, 1, 1]], to: [[2, 2, 2, 2, 2, 2]]))
        #expect(one.verdict == .undecided, "one process says nothing of others")
    }

    @Test("Equal subjects are never called faster or slower")
    func equals() {
        var world = World(random: RepeatableRandom(seed: 2), slowdown: 1)
        let verdicts = (0..<10).map { _ in world.verdict() }
        #expect(!verdicts.contains(.faster) && !verdicts.contains(.slower), "\(verdicts)")
    }

    @Test("The interval holds the truth in nearly all runs", arguments: [0.8, 1.5])
    func coverage(_ slowdown: Double) throws {
        var world = World(random: RepeatableRandom(seed: 3), slowdown: slowdown)
        let intervals = (0..<16).compactMap { _ in
            let run = world.run()
            return PairedRatio(of: run.mine, to: run.others, resamples: 200)
        }
        #expect(intervals.count == 16)
        // With a handful of processes it is somewhat narrow.
        #expect(intervals.count { $0.low <= 1 / slowdown && 1 / slowdown <= $0.high } >= 13)
    }

    @Test("Ratios pair what was measured in the same round")
    func pairs() throws {
        // The second round was ten times slower for both, which changes nothing.
        let ratio = try #require(PairedRatio(of: [[100, 1000, 100]], to: [[200, 2200, 190]]))
        #expect(abs(ratio.median - 2) < 1e-12)
        #expect(ratio.low >= 1.899 && ratio.high <= 2.201 && ratio.low <= 2 && ratio.high >= 2)
        #expect(ratio.pairs == 3)
        #expect(ratio.verdict == .undecided, "three pairs allow no word")
    }

    @Test("A seed repeats the interval")
    func seeds() {
        var world = World(random: RepeatableRandom(seed: 4), slowdown: 1)
        let run = world.run()
        let first = PairedRatio(of: run.mine, to: run.others, seed: 7)
        #expect(first == PairedRatio(of: run.mine, to: run.others, seed: 7))
        #expect(first != PairedRatio(of: run.mine, to: run.others, seed: 8))
    }

    @Test("Without pairs, or with a time that is none, there is no ratio")
    func nothing() {
        #expect(PairedRatio(of: [], to: []) == nil)
        #expect(PairedRatio(of: [[]], to: [[]]) == nil)
        #expect(PairedRatio(of: [[0]], to: [[1]]) == nil)
        #expect(PairedRatio(of: [[1]], to: [[.nan]]) == nil)
    }

    @Test(
        "The words need the whole interval",
        arguments: [
            (1.5, Verdict.faster), (1.03, .faster), (1.015, .equal), (1, .equal), (0.99, .equal), (0.97, .slower),
        ]
    )
    func words(_ ratio: Double, _ verdict: Verdict) throws {
        let times = [[Double]](repeating: [Double](repeating: 100, count: 5), count: 2)
        let others = times.map { $0.map { $0 * ratio } }
        #expect(try #require(PairedRatio(of: times, to: others)).verdict == verdict)
        // One process of two says the contrary: nothing may be said.
        let mixed = [others[0], times[1].map { $0 / ratio / ratio }]
        if verdict != .equal { #expect(try #require(PairedRatio(of: times, to: mixed)).verdict == .undecided) }
    }

    @Test("Far measurements are named, and nothing is far where all are equal")
    func farOnes() {
        #expect(outliers([10, 11, 9, 10, 12, 100, 10]) == [5])
        #expect(outliers([10, 11, 9, 10, 12]) == [])
        #expect(outliers([5, 5, 5, 5, 9]) == [], "half of them are equal: there is no scale to measure by")
        #expect(outliers([]) == [])
    }

    @Test("A loss against an earlier run is found although the machine has become slower for all")
    func losses() {
        func report(_ slowdown: Double, machine: Double, seed: UInt64) -> ComparisonReport {
            var world = World(random: RepeatableRandom(seed: seed), slowdown: slowdown)
            let run = world.run()
            func samples(_ times: [[Double]]) -> [[Sample]] {
                times.map { $0.map { Sample(operations: 1000, seconds: $0 * machine / 1_000_000) } }
            }
            return ComparisonReport.sample(
                cells: [
                    Cell(
                        Setting(.pipes, n: 10, width: 1),
                        [
                            SubjectResult(subject: Subject("c-event", .plainC, ""), samples: samples(run.others)),
                            SubjectResult(subject: Subject("epoll", .native, ""), samples: samples(run.mine)),
                        ],
                        seed: seed
                    )
                ]
            )
        }
        let before = Baseline(report(1, machine: 1, seed: 5))
        let same = before.changes(to: report(1, machine: 3, seed: 6))
        #expect(same.all.count == 1)
        #expect(same.losses.isEmpty, "\(same.text)")
        let worse = before.changes(to: report(1.1, machine: 0.5, seed: 7))
        #expect(worse.losses.map(\.subject.name) == ["epoll"], "\(worse.text)")
        #expect(worse.text.contains("lost: pipes, 10 pairs, 1 active, epoll: 0.9"))
        #expect(before.changes(to: report(0.9, machine: 2, seed: 8)).losses.isEmpty, "a gain is no loss")
    }
}
