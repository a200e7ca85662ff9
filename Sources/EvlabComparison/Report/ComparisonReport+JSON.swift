extension ComparisonReport {
    /// What is raised when older readers could not make sense of ``json`` any more.
    static let format = 2

    /// Everything that was measured, and what was made of it.
    public var json: JSONValue {
        .object([
            ("format", .integer(Self.format)),
            ("date", .string(date)), ("seed", .string(String(seed))),
            ("processes", .integer(processes)), ("rounds", .integer(rounds)), ("seconds", .number(seconds)),
            ("took", .number(took)), ("environment", machine.json), ("loadAverageAfter", .string(loadAfter)),
            ("percentiles", .array(Sample.percentiles.map(JSONValue.number))),
            ("cells", .array(cells.map(\.json))),
            ("notes", .array(notes.map(JSONValue.string))),
            ("remarks", .array(remarks.map(JSONValue.string))),
            ("method", .string(Self.method)),
            ("limits", .array(Self.limits.map(JSONValue.string))),
        ])
    }
}

extension Cell {
    fileprivate var json: JSONValue {
        .object([
            ("workload", .string(setting.workload.rawValue)), ("n", .integer(setting.n)),
            ("width", .integer(setting.width)), ("label", .string(setting.label)),
            ("subjects", .array(results.map(json))),
        ])
    }

    private func json(_ result: SubjectResult) -> JSONValue {
        .object([
            ("name", .string(result.subject.name)), ("family", .string(result.subject.family.rawValue)),
            ("explanation", .string(result.subject.explanation)),
            ("microsecondsEach", .number(result.middle(\.each) / 1000)),
            ("cpuMicrosecondsEach", .number(result.cpuEach)),
            ("delays", .array(Sample.percentiles.compactMap { result.delay(at: $0) }.map { .number($0 / 1000) })),
            ("ratio", ratio(of: result)?.json ?? .null),
            ("cpuRatio", cpuRatio(of: result)?.json ?? .null),
            ("twin", result.subject.twin.map(JSONValue.string) ?? .null),
            ("ratioToTwin", ratioToTwin(of: result)?.json ?? .null),
            ("counts", result.counts?.json ?? .null),
            ("instructionsToTwin", instructionsToTwin(of: result).map(JSONValue.number) ?? .null),
            ("limitedByGenerator", .bool(result.isLimitedByGenerator)),
            ("outliers", .integer(result.outlierCount(setting.workload))),
            ("samples", .array(result.samples.map { .array($0.map(\.json)) })),
        ])
    }
}

extension PairedRatio {
    fileprivate var json: JSONValue {
        .object([
            ("median", .number(median)), ("low", .number(low)), ("high", .number(high)), ("pairs", .integer(pairs)),
            ("surelyAbove", .number(surelyAbove)), ("surelyBelow", .number(surelyBelow)),
            ("verdict", .string(verdict.rawValue)),
        ])
    }
}
