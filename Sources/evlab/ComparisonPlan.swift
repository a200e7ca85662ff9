internal import ArgumentParser
internal import EvlabComparison

/// What a command line asks to be compared.
struct ComparisonPlan {
    private let command: CompareCommand

    init(_ command: CompareCommand) {
        self.command = command
    }

    /// The settings with their subjects.
    func make() throws -> [(setting: Setting, subjects: [Subject])] {
        let workloads = command.workloads.isEmpty ? Workload.allCases : command.workloads
        let extent = command.full ? Catalogue.Extent.full : .quick
        var plan: [(setting: Setting, subjects: [Subject])] = []
        var known: [Subject] = []
        for setting in try workloads.flatMap({ try settings($0, extent) }) {
            // A subject that is named need not be among the few of a quick run.
            let all = Catalogue.subjects(setting, command.subjects == nil ? extent : .full) + peers(setting.workload)
            known += all
            let subjects = chosen(all)
            if !subjects.isEmpty { plan.append((setting, subjects)) }
        }
        try checkNames(known)
        return plan
    }

    /// Whether a setting is among those that are named; all are where nothing is.
    func filter() throws -> (Setting) -> Bool {
        let workloads = command.workloads.isEmpty ? Workload.allCases : command.workloads
        let (counts, sizes) = try namedNumbers()
        return { setting in
            let hasSize = setting.workload == .echo || setting.workload == .pipeline
            return workloads.contains(setting.workload) && counts?.contains(setting.n) ?? true
                && (!hasSize || sizes?.contains(setting.width) ?? true)
        }
    }

    private func settings(_ workload: Workload, _ extent: Catalogue.Extent) throws -> [Setting] {
        let usual = Catalogue.settings(workload, extent)
        guard command.n != nil || command.sizes != nil else { return usual }
        let (counts, sizes) = try namedNumbers()
        let widths = workload == .echo || workload == .pipeline ? sizes : nil
        return (counts ?? distinct(usual.map(\.n))).flatMap { n in
            (widths ?? distinct(usual.map(\.width))).map { Setting(workload, n: n, width: $0) }
        }
    }

    /// What `--n` and `--sizes` name.
    private func namedNumbers() throws -> (counts: [Int]?, sizes: [Int]?) {
        (
            try command.n.map { try numbers($0, of: "--n", upTo: 10_000_000) },
            try command.sizes.map { try numbers($0, of: "--sizes", upTo: LoadPlan.largestSize) }
        )
    }

    private func distinct(_ numbers: [Int]) -> [Int] {
        Set(numbers).sorted()
    }

    private func numbers(_ text: String, of option: String, upTo most: Int) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let isKilo = part.hasSuffix("K")
            let number = Int(isKilo ? part.dropLast() : part).map {
                $0.multipliedReportingOverflow(by: isKilo ? 1024 : 1)
            }
            guard let number, !number.overflow, (1...most).contains(number.partialValue) else {
                throw ValidationError("\(option) '\(part)': use numbers from 1 to \(most) with commas between them")
            }
            return number.partialValue
        }
    }

    /// Programs of others that echo.
    private func peers(_ workload: Workload) -> [Subject] {
        guard Catalogue.servesEcho(workload) else { return [] }
        // A quick run has no time for them where they show the same again.
        let isLeftOut = !command.full && command.subjects == nil && workload != .echo && workload != .pipeline
        return (isLeftOut ? [] : Peers.built) + named
    }

    private var named: [Subject] {
        command.peer.compactMap { text in
            guard let equals = text.firstIndex(of: "=") else { return nil }
            let (name, path) = (String(text[..<equals]), String(text[text.index(after: equals)...]))
            return Subject(name, .peer, program: path, "the program \(path)")
        }
    }

    var names: [String]? {
        command.subjects?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    private func chosen(_ all: [Subject]) -> [Subject] {
        guard let names else { return all }
        return names.compactMap { name in all.first { $0.name == name } }
            + all.filter { subject in named.contains(subject) && !names.contains(subject.name) }
    }

    private func checkNames(_ known: [Subject]) throws {
        for text in command.peer where !text.contains("=") || text.hasPrefix("=") || text.hasSuffix("=") {
            throw ValidationError("--peer '\(text)' is not NAME=PATH")
        }
        guard let names else { return }
        for name in names where !known.contains(where: { $0.name == name }) {
            var all: [String] = []
            for subject in known where !all.contains(subject.name) { all.append(subject.name) }
            throw ValidationError("--subjects: '\(name)' is not known: use \(all.joined(separator: ", "))")
        }
        for name in names where names.filter({ $0 == name }).count > 1 {
            throw ValidationError("--subjects names '\(name)' twice: once is enough")
        }
    }
}
