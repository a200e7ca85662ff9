extension ComparisonReport {
    /// Reads what `--json` wrote.
    ///
    /// - Parameter option: the option that named the file, for errors.
    public init(option: String, path: String) throws(ComparisonFailure) {
        guard let text = readFile(path) else { throw ComparisonFailure("\(option) \(path) cannot be read") }
        let json = JSONValue(parsing: text)
        if let format = json?["format"]?.asInteger, format != Self.format {
            throw ComparisonFailure(
                "\(option) \(path) is of another version (format \(format), this one reads \(Self.format)): measure again"
            )
        }
        guard let json, let report = ComparisonReport(json) else {
            throw ComparisonFailure("\(option) \(path) is not what --json writes")
        }
        self = report
    }

    /// The report that ``json`` prints as; `nil` when it is anything else.
    public init?(_ json: JSONValue) {
        guard json["format"]?.asInteger == Self.format, let seed = json["seed"]?.asString.flatMap({ UInt64($0) }),
            let machine = json["environment"].flatMap({ Machine($0) }), let cells = json["cells"]?.asArray
        else { return nil }
        var read: [Cell] = []
        for cell in cells {
            guard let cell = Cell(cell, seed: seed) else { return nil }
            read.append(cell)
        }
        self.init(
            date: json["date"]?.asString ?? "",
            machine: machine,
            seed: seed,
            processes: json["processes"]?.asInteger ?? 0,
            rounds: json["rounds"]?.asInteger ?? 0,
            seconds: json["seconds"]?.asNumber ?? 0,
            cells: read,
            notes: (json["notes"]?.asArray ?? []).compactMap(\.asString),
            loadAfter: json["loadAverageAfter"]?.asString ?? "unknown",
            took: json["took"]?.asNumber ?? 0
        )
    }

    /// The same with fewer cells and subjects. The first subject of a cell, with which the others are compared, stays.
    ///
    /// - Parameters:
    ///   - isWanted: whether a cell stays.
    ///   - names: the subjects that stay; `nil` for all.
    public func narrowed(to isWanted: (Setting) -> Bool, subjects names: [String]?) -> ComparisonReport {
        let left = cells.filter { isWanted($0.setting) }.map { cell in
            let results = cell.results.enumerated().filter { place, result in
                place == 0 || names?.contains(result.subject.name) ?? true
            }
            return Cell(cell.setting, results.map(\.element), seed: seed)
        }
        return ComparisonReport(
            date: date,
            machine: machine,
            seed: seed,
            processes: processes,
            rounds: rounds,
            seconds: seconds,
            cells: left,
            notes: notes,
            loadAfter: loadAfter,
            took: took
        )
    }
}

extension Cell {
    fileprivate init?(_ json: JSONValue, seed: UInt64) {
        guard let workload = json["workload"]?.asString.flatMap(Workload.init), let n = json["n"]?.asInteger,
            let width = json["width"]?.asInteger, let subjects = json["subjects"]?.asArray
        else { return nil }
        var results: [SubjectResult] = []
        for subject in subjects {
            guard let result = SubjectResult(subject) else { return nil }
            results.append(result)
        }
        self.init(Setting(workload, n: n, width: width), results, seed: seed)
    }
}

extension SubjectResult {
    fileprivate init?(_ json: JSONValue) {
        guard let name = json["name"]?.asString, let family = json["family"]?.asString.flatMap(Subject.Family.init),
            let processes = json["samples"]?.asArray
        else { return nil }
        var samples: [[Sample]] = []
        for process in processes {
            guard let rounds = process.asArray else { return nil }
            let read = rounds.compactMap { Sample($0) }
            guard read.count == rounds.count else { return nil }
            samples.append(read)
        }
        let explanation = json["explanation"]?.asString ?? ""
        self.init(
            subject: Subject(name, family, twin: json["twin"]?.asString, explanation),
            samples: samples,
            counts: json["counts"].flatMap { CostCounts($0) }
        )
    }
}

extension Machine {
    fileprivate init?(_ json: JSONValue) {
        guard let kernel = json["kernel"]?.asString, let cores = json["cores"]?.asInteger else { return nil }
        func text(_ name: String) -> String { json[name]?.asString ?? "unknown" }
        let isPinned = json["pinned"]?.asBool ?? false
        self.init(
            kernel: kernel,
            processor: text("processor"),
            isVirtual: json["virtual"]?.asBool ?? false,
            cores: Cores(usable: cores, server: isPinned ? 0 : nil, generator: isPinned ? 1 : nil),
            clockSource: text("clockSource"),
            descriptorLimit: json["descriptorLimit"]?.asInteger ?? 0,
            libevent: text("libevent"),
            swift: text("swift"),
            isDebugBuild: json["debugBuild"]?.asBool ?? false,
            revision: json["revision"]?.asString,
            load: text("loadAverage")
        )
    }
}
