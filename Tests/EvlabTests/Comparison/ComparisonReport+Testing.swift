import EvlabComparison

extension ComparisonReport {
    /// A report of measurements that were made up.
    static func sample(cells: [Cell], notes: [String] = []) -> ComparisonReport {
        ComparisonReport(
            date: "2026-01-31 12:00 UTC",
            machine: Machine.sample,
            seed: 1,
            processes: 5,
            rounds: 20,
            seconds: 0.01,
            cells: cells,
            notes: notes,
            loadAfter: "0.10"
        )
    }
}

extension Machine {
    /// A machine that was made up.
    static let sample = Machine(
        kernel: "6.1",
        processor: "One <processor> & \"more\"",
        isVirtual: true,
        cores: .sample,
        clockSource: "tsc",
        descriptorLimit: 20_000,
        libevent: "2.1.12-stable",
        swift: "6.3.1",
        isDebugBuild: false,
        revision: "abc",
        load: "0.10"
    )
}

extension Cores {
    static let sample = Cores(usable: 2, server: 0, generator: 1)
}
