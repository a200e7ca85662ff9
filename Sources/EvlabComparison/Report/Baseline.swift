/// An earlier run, to compare with.
public struct Baseline: Sendable {
    /// By cell and subject, the times that are compared, by process and round.
    private struct Key: Hashable {
        let setting: Setting
        let subject: String
    }

    private var times: [Key: [[Double]]] = [:]

    /// Reads what `--json` wrote.
    public init(path: String) throws(ComparisonFailure) {
        guard let text = readFile(path) else { throw ComparisonFailure("--baseline \(path) cannot be read") }
        guard let json = JSONValue(parsing: text), let baseline = Baseline(json) else {
            throw ComparisonFailure("--baseline \(path) is not what --json writes")
        }
        self = baseline
    }

    /// - Returns: `nil` when the JSON is not what a report writes.
    public init?(_ json: JSONValue) {
        guard json["format"]?.asInteger == 1, let cells = json["cells"]?.asArray else { return nil }
        for cell in cells {
            guard let workload = cell["workload"]?.asString.flatMap(Workload.init), let n = cell["n"]?.asInteger,
                let width = cell["width"]?.asInteger, let subjects = cell["subjects"]?.asArray
            else { return nil }
            for subject in subjects {
                guard let name = subject["name"]?.asString, let samples = subject["samples"]?.asArray else {
                    return nil
                }
                let key = Key(setting: Setting(workload, n: n, width: width), subject: name)
                let taken = samples.map { ($0.asArray ?? []).compactMap { Sample($0) } }
                times[key] = SubjectResult(subject: Subject(name, .native, ""), samples: taken).times(workload)
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
