/// How the subjects of two runs have changed beside their references.
public struct BaselineChanges: Sendable {
    public struct Change: Sendable {
        public let setting: Setting
        public let subject: Subject
        public let change: RatioChange
    }

    public internal(set) var all: [Change] = []
    /// How many subjects the earlier run lacks.
    public internal(set) var missing = 0

    /// The ones that lost, their whole interval considered.
    public var losses: [Change] { all.filter(\.change.isLoss) }

    /// A line for each loss, and how many there are.
    public var text: String {
        let lines = losses.map { loss in
            let (change, setting) = (loss.change, loss.setting)
            return "lost: \(setting.workload.rawValue), \(setting.label), \(loss.subject.name): "
                + "\(fixed(change.median, 2)) times as fast as before (\(fixed(change.low, 2))-\(fixed(change.high, 2)))"
        }
        let unknown = missing == 0 ? "" : "; \(missing) are not in the earlier run"
        return (lines + ["\(losses.count) of \(counted(all.count, "subject")) lost\(unknown)"]).joined(separator: "\n")
    }
}
