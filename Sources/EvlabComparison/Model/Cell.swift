/// One setting and what was measured of each subject in it.
public struct Cell: Sendable {
    public let setting: Setting
    public internal(set) var results: [SubjectResult]
    /// Repeats the intervals.
    let seed: UInt64
    /// By the name of the subject.
    private var judgements: [String: Judgement] = [:]

    public init(_ setting: Setting, _ results: [SubjectResult], seed: UInt64) {
        self.setting = setting
        self.results = results
        self.seed = seed
    }

    /// The same, with its ratios made.
    func judged() -> Cell {
        var cell = self
        for result in results {
            cell.judgements[result.subject.name] = Judgement(
                ratio: reference.flatMap { ratio(of: result, to: $0) },
                cpuRatio: setting.workload.hasServer ? reference.flatMap { cpuRatio(of: result, to: $0) } : nil,
                ratioToTwin: results.first { $0.subject.name == result.subject.twin }.flatMap {
                    ratio(of: result, to: $0)
                }
            )
        }
        return cell
    }

    private func ratio(of result: SubjectResult, to other: SubjectResult) -> PairedRatio? {
        guard result.subject != other.subject else { return nil }
        return PairedRatio(of: result.times(setting.workload), to: other.times(setting.workload), seed: seed)
    }

    private func cpuRatio(of result: SubjectResult, to other: SubjectResult) -> PairedRatio? {
        guard result.subject != other.subject else { return nil }
        return PairedRatio(of: result.cpuTimes(), to: other.cpuTimes(), seed: seed)
    }

    /// What the others are compared with: the first one.
    public var reference: SubjectResult? { results.first }

    /// How much faster a subject is than the reference; `nil` for the reference itself.
    public func ratio(of result: SubjectResult) -> PairedRatio? {
        judgements[result.subject.name]?.ratio
    }

    /// How many times less CPU time a server takes for an operation than the reference: it does not depend on how busy the
    /// load generator is. `nil` for the reference itself, and where there is no server.
    public func cpuRatio(of result: SubjectResult) -> PairedRatio? {
        judgements[result.subject.name]?.cpuRatio
    }

    /// The ratio that tells most: of the CPU time of a server, else of the time.
    func headline(of result: SubjectResult) -> PairedRatio? {
        setting.workload.isJudgedByCPU ? cpuRatio(of: result) : ratio(of: result)
    }

    /// How much faster a subject is than the same in plain C; `nil` where there is none in this cell.
    public func ratioToTwin(of result: SubjectResult) -> PairedRatio? {
        judgements[result.subject.name]?.ratioToTwin
    }

    /// How many times the instructions of the same in plain C; `nil` where either was not counted.
    public func instructionsToTwin(of result: SubjectResult) -> Double? {
        let twin = results.first { $0.subject.name == result.subject.twin }
        guard let mine = result.counts?.operation.instructions, let others = twin?.counts?.operation.instructions,
            others > 0
        else { return nil }
        return mine / others
    }
}
