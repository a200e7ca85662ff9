/// The cost of an event while so many descriptors are watched, of which so many are active at once.
public struct WakeUpCell: Hashable, Sendable {
    public let watched: Int
    public let active: Int
    /// Microseconds of CPU an event, by subject.
    public package(set) var costs: [CostSamples]
    /// Of these, by subject: for the bytes written, for the wait, for the bytes read; empty where few are active.
    public internal(set) var parts: [[CostSamples]]

    package init(watched: Int, active: Int) {
        self.watched = watched
        self.active = active
        costs = WakeUpSubject.allCases.map { _ in CostSamples() }
        parts = WakeUpSubject.allCases.map { _ in [] }
    }

    public func cost(of subject: WakeUpSubject) -> CostSamples {
        WakeUpSubject.allCases.firstIndex(of: subject).map { costs[$0] } ?? CostSamples()
    }

    mutating func add(_ sample: WakeUpSample, of subject: Int) {
        costs[subject].values.append(sample.total / 1000)
        guard let new = sample.parts else { return }
        if parts[subject].isEmpty { parts[subject] = new.map { _ in CostSamples() } }
        for (index, part) in new.enumerated() { parts[subject][index].values.append(part / 1000) }
    }

    var json: JSONValue {
        let subjects = WakeUpSubject.allCases.enumerated().map { index, subject in
            let names = ["arrivals", "wait", "reads"]
            let members = zip(names, parts[index]).map { ($0, $1.json) }
            return (subject.rawValue, JSONValue.object([("microseconds", costs[index].json)] + members))
        }
        return .object([
            ("watched", .integer(watched)), ("active", .integer(active)), ("subjects", .object(subjects)),
        ])
    }
}
