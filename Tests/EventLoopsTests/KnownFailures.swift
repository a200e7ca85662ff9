import Glibc

/// What the page "Known failures elsewhere, tested here" and the traits `.bug(id:)` of the tests say of each other.
struct KnownFailures {
    /// A row of the page.
    struct Row {
        let line: Int
        let cells: [String]

        static let columns = ["kind", "what", "reports", "tests", "engines", "smaller size"]

        var kind: String { cells[0] }
        var tests: [String] { cells[3].split(separator: ",").map { KnownFailures.trim($0) } }
    }

    /// A trait in the sources of the tests.
    struct Mark {
        let kind: String
        /// `Target/Suite/function`; `nil` when the trait is not that of a function.
        let test: String?
        let place: String
    }

    let rows: [Row]
    let marks: [Mark]

    /// - Parameters:
    ///   - page: the text of the page.
    ///   - sources: the text of each source of the tests, by its path, such as `Tests/SocketsTests/StreamTests.swift`.
    init(page: String, sources: [String: String]) {
        rows = Self.rows(of: page)
        marks = sources.sorted { $0.key < $1.key }.flatMap { Self.marks(in: $0.value, path: $0.key) }
    }

    // MARK: Reading

    private static func rows(of page: String) -> [Row] {
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.compactMap { index in
            let (line, next) = (lines[index], index + 1 < lines.count ? lines[index + 1] : "")
            // Neither the head of a table nor the line below it.
            guard line.hasPrefix("|"), !line.hasPrefix("|-"), !next.hasPrefix("|-") else { return nil }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
            return Row(line: index + 1, cells: cells.map { trim($0) })
        }
    }

    private static func marks(in source: String, path: String) -> [Mark] {
        let target = path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        var (marks, suite) = ([Mark](), "")
        var waiting: [(kind: String, place: String)] = []
        func mark(_ test: String?) {
            marks += waiting.map { Mark(kind: $0.kind, test: test, place: $0.place) }
            waiting = []
        }
        for (number, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard !trim(line).hasPrefix("//") else { continue }
            let isOutermost = line.first != " "
            if isOutermost, let found = line.firstMatch(of: #/\b(?:struct|class|enum|actor|extension) (\w+)/#) {
                mark(nil)
                suite = String(found.1)
            }
            if contains(line, ".bug(id:") {
                for found in line.matches(of: #/\.bug\(id: "([^"]*)"/#) {
                    waiting.append((String(found.1), "\(path):\(number + 1)"))
                }
            }
            if contains(line, "func "), let found = line.firstMatch(of: #/\bfunc (\w+)/#) {
                mark(isOutermost ? "\(target)/\(found.1)" : "\(target)/\(suite)/\(found.1)")
            }
        }
        mark(nil)
        return marks
    }

    private static func trim(_ text: Substring) -> String {
        let start = text.drop { $0 == " " || $0 == "`" }
        let end = start.lastIndex { $0 != " " && $0 != "`" }
        return end.map { String(start[...$0]) } ?? ""
    }

    /// The standard library's search takes seconds where it is not optimized.
    private static func contains(_ line: Substring, _ part: String) -> Bool {
        unsafe String(line).withCString { unsafe strstr($0, part) != nil }
    }

    // MARK: Comparing

    /// What is wrong, one line each.
    var problems: [String] { rows.flatMap(problems(of:)) + doubles + marks.compactMap(problem(of:)) }

    private func problems(of row: Row) -> [String] {
        let place = "KnownFailures.md:\(row.line)"
        guard row.cells.count == Row.columns.count else {
            return ["\(place): a row has \(Row.columns.count) columns, this one has \(row.cells.count)"]
        }
        var problems = zip(Row.columns, row.cells).dropLast().filter { $0.1.isEmpty }.map {
            "\(place): the column \"\($0.0)\" is empty"
        }
        if row.kind.wholeMatch(of: #/[a-z0-9]+(-[a-z0-9]+)*/#) == nil {
            problems.append("\(place): \"\(row.kind)\" is no name in lowercase words joined by hyphens")
        }
        for report in row.cells[2].split(separator: ",").map({ Self.trim($0) })
        where report != "found here" && report.firstMatch(of: #/#\d+|[A-Z]+-\d+/#) == nil {
            problems.append("\(place): \"\(report)\" has no number of a tracker, and is not \"found here\"")
        }
        if Self.contains(row.cells[3][...], "<br>") {
            problems.append("\(place): separate the tests by commas, because DocC leaves <br> out")
        }
        let marked = Set(marks.filter { $0.kind == row.kind }.compactMap(\.test))
        for test in row.tests where !marked.contains(test) {
            problems.append("\(place): there is no test \(test) with the trait .bug(id: \"\(row.kind)\")")
        }
        return problems
    }

    private var doubles: [String] {
        Dictionary(grouping: rows.filter { !$0.cells.isEmpty }, by: \.kind).values.filter { $0.count > 1 }.map {
            "KnownFailures.md: the lines \($0.map(\.line)) have the same kind, \($0[0].kind)"
        }
    }

    private func problem(of mark: Mark) -> String? {
        guard let test = mark.test else { return "\(mark.place): put .bug(id: \"\(mark.kind)\") on a test function" }
        guard let row = rows.first(where: { $0.cells.first == mark.kind }) else {
            return "\(mark.place): KnownFailures.md has no row \"\(mark.kind)\", which \(test) proves"
        }
        guard row.cells.count == Row.columns.count, !row.tests.contains(test) else { return nil }
        return "\(mark.place): the row \"\(mark.kind)\" of KnownFailures.md does not name \(test)"
    }
}
