/// An earlier run, to compare with.
public struct Baseline: Sendable {
    private struct Key: Hashable {
        let setting: Setting
        let subject: String
    }

    /// The times that are compared, by process and round.
    private var times: [Key: [[Double]]] = [:]

    public init(_ report: ComparisonReport) {
        for cell in report.cells {
            for result in cell.results {
                let key = Key(setting: cell.setting, subject: result.subject.name)
                times[key] = result.times(cell.setting.workload)
            }
        }
    }

    /// How each subject that is in both runs has changed beside the reference of its cell.
    public func changes(to report: ComparisonReport) -> BaselineChanges {
        var changes = BaselineChanges()
        for cell in report.cells {
            guard let reference = cell.reference else { continue }
            let before = times[Key(setting: cell.setting, subject: reference.subject.name)]
            for result in cell.results where result.subject != reference.subject {
                let mine = times[Key(setting: cell.setting, subject: result.subject.name)]
                guard let before, let mine else {
                    changes.missing += 1
                    continue
                }
                let now = (
                    times: result.times(cell.setting.workload), reference: reference.times(cell.setting.workload)
                )
                guard let change = RatioChange(from: (mine, before), to: now, seed: report.seed) else { continue }
                changes.all.append(
                    BaselineChanges.Change(setting: cell.setting, subject: result.subject, change: change)
                )
            }
        }
        return changes
    }
}
