internal import Sockets

/// The table of select, poll and epoll with which tutorials end, each line beside what was measured just now.
public struct MultiplexingTable: Sendable {
    public let machine: Machine
    public let options: TableOptions
    public let sections: [TableSection]
    public let costs: WakeUpCosts

    /// Whether epoll is ahead when all are active; `nil` where that was not measured.
    public var closing: TableFinding? { Self.judged(costs.closing, on: machine) }

    /// Measures all of it, alone in the process.
    ///
    /// - Parameters:
    ///   - options: fewer descriptors are watched where the process may not have so many.
    ///   - print: takes lines that the user should see at once.
    public static func measure(
        _ options: TableOptions,
        print: (String) -> Void
    ) throws(ComparisonFailure) -> MultiplexingTable {
        let machine = try Machine.current(try Waiting())
        let options = fitting(options, into: machine.descriptorLimit, print)
        return try ComparisonFailure.wrapping { () throws(IOError) in try measure(options, on: machine) }
    }

    /// Two descriptors a pair, and some for the process itself.
    private static func fitting(_ options: TableOptions, into limit: Int, _ print: (String) -> Void) -> TableOptions {
        let most = max(10, (limit - 64) / 2)
        guard options.mostWatched > most else { return options }
        print("\(options.mostWatched) pairs need more than \(limit) descriptors (ulimit -n): measuring \(most)")
        var options = options
        options.mostWatched = most
        return options
    }

    private static func measure(_ options: TableOptions, on machine: Machine) throws(IOError) -> MultiplexingTable {
        var progress = Progress(total: 4 + WakeUpCosts.steps(options))
        defer { progress.clear() }
        progress.step("event set")
        let eventSet = try eventSetSection(options)
        progress.step("finding the ready ones")
        let search = try searchSection(options)
        progress.step("descriptors")
        let limits = try limitSection()
        progress.step("modes")
        let modes = try modeSection()
        let costs = try WakeUpCosts.measure(options) { progress.step($0) }
        return MultiplexingTable(
            machine: machine,
            options: options,
            sections: [eventSet, search, limits, modes, kernelSection(costs, machine)],
            costs: costs
        )
    }

    /// Costs of a debug build are true, and say nothing of those that matter.
    private static func judged(_ finding: TableFinding?, on machine: Machine) -> TableFinding? {
        guard let finding, machine.isDebugBuild else { return finding }
        return TableFinding(.undecided, finding.sentence + "; a debug build decides nothing")
    }

    private static func kernelSection(_ costs: WakeUpCosts, _ machine: Machine) -> TableSection {
        TableSection(
            title: "Kernel",
            claims: ["scans, O(n)", "scans, O(n)", "callbacks, O(1)"],
            rows: [],
            findings: [judged(costs.growth, on: machine)].compactMap(\.self)
        )
    }
}
