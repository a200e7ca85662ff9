/// What one run of a program had in it.
struct Tally: Hashable {
    var instructions = 0
    var allocations = 0
    var systemCalls = 0
    /// Those of the system calls that wait for events or prepare a wait.
    var waits = 0

    var otherCalls: Int { systemCalls - waits }
}

extension CostCounts.Cost {
    /// The difference between a run and a longer one, for each thing that the longer one did more.
    mutating func add(_ tool: Counter.Tool, from short: Tally, to long: Tally, for things: Int) {
        func difference(_ path: KeyPath<Tally, Int>) -> Double {
            Double(long[keyPath: path] - short[keyPath: path]) / Double(max(1, things))
        }
        // Less in the longer run: chance had more to say than the things.
        func each(_ path: KeyPath<Tally, Int>) -> Double? {
            let more = difference(path)
            return more >= 0 ? more : more > -Self.chance ? 0 : nil
        }
        switch tool {
        case .callgrind:
            instructions = each(\.instructions)
            allocations = each(\.allocations)
        case .strace:
            // How many things share a wait is for the machine to say: fewer waits for more things say nothing of the rest.
            let shared = max(0, difference(\.waits))
            waits = shared
            systemCalls = each(\.otherCalls).map { $0 + shared }
        }
    }

    /// What a list that grows at other moments makes of no difference.
    private static let chance = 0.1
}
