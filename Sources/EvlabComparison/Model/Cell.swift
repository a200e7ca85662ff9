/// One setting and what was measured of each subject in it.
public struct Cell: Sendable {
    public let setting: Setting
    public internal(set) var results: [SubjectResult]
    /// Repeats the intervals.
    let seed: UInt64

    public init(_ setting: Setting, _ results: [SubjectResult], seed: UInt64) {
        self.setting = setting
        self.results = results
        self.seed = seed
    }

    /// What the others are compared with: the first one.
    public var reference: SubjectResult? { results.first }

    /// How much faster a subject is than the reference; `nil` for the reference itself.
    public func ratio(of result: SubjectResult) -> PairedRatio? {
        guard let reference, reference.subject != result.subject else { return nil }
        return ratio(of: result, to: reference)
    }

    /// How many times less CPU time a server takes for an operation than the reference: it does not depend on how busy the
    /// load generator is. `nil` for the reference itself, and where there is no server.
    public func cpuRatio(of result: SubjectResult) -> PairedRatio? {
        guard let reference, reference.subject != result.subject, setting.workload.hasServer else { return nil }
        return PairedRatio(of: result.cpuTimes(), to: reference.cpuTimes(), seed: seed)
    }

    /// How much faster a subject is than the same in plain C; `nil` where there is none in this cell.
    public func ratioToTwin(of result: SubjectResult) -> PairedRatio? {
        guard let twin = results.first(where: { $0.subject.name == result.subject.twin }) else { return nil }
        return ratio(of: result, to: twin)
    }

    private func ratio(of result: SubjectResult, to other: SubjectResult) -> PairedRatio? {
        PairedRatio(of: result.times(setting.workload), to: other.times(setting.workload), seed: seed)
    }
}
