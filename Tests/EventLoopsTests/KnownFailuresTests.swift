import Glibc
import SystemPackage
import Testing

/// Keeps the page of known failures and the tests in step.
@Suite struct KnownFailuresTests {
    @Test("every row names its tests, and every test that proves a kind of failure is named")
    func inStep() throws {
        let failures = KnownFailures(
            page: try PackageFiles.text("\(Self.documentation)/KnownFailures.md"),
            sources: try sources()
        )
        #expect(failures.rows.count > 20)
        for problem in failures.problems { Issue.record("\(problem)") }
    }

    private static let documentation = "Sources/EventLoops/EventLoops.docc"

    private func sources() throws -> [String: String] {
        var sources: [String: String] = [:]
        // All but this file, whose traits are only examples.
        for path in try PackageFiles.all(under: "Tests", withSuffix: ".swift") where !#filePath.hasSuffix(path) {
            sources[path] = try PackageFiles.text(path)
        }
        return sources
    }

    // MARK: What it finds

    private static let page = """
        | Kind | What | Reports | Tests | Engines | Smaller |
        |---|---|---|---|---|---|
        | first-kind | It fails. | tokio #1, CVE-2021-1 | ATests/One/first, ATests/One/second | all | |
        | second-kind | It fails. | found here | BTests/free | native | 2 for 20 |
        """

    private static let sources = [
        "Tests/ATests/One.swift": """
        @Suite("One", .serialized) struct One {
            @Test("a title", .bug(id: "first-kind"), arguments: [1])
            func first(_ number: Int) {}
            // Not .bug(id: "third-kind").
            @Test(
                .bug(id: "first-kind")
            ) func second() {}
        }
        """,
        "Tests/BTests/Two.swift": """
        @Test(.bug(id: "second-kind"))
        func free() {}
        """,
    ]

    @Test("a page and tests that agree")
    func agreeing() {
        #expect(KnownFailures(page: Self.page, sources: Self.sources).problems == [])
    }

    @Test(
        "a row, a test or a trait that is missing, and what is wrong in a row",
        arguments: [
            ("| second-kind | It fails. | found here | BTests/free | native | 2 for 20 |", "", "has no row"),
            (", ATests/One/second", "", "does not name ATests/One/second"),
            ("first, ATests", "first<br>ATests", "by commas"),
            ("One/second", "One/third", "no test ATests/One/third"),
            ("ATests/One/second", "BTests/free", "no test BTests/free"), ("| all | |", "| all |", "has 5"),
            ("| all |", "| |", "\"engines\" is empty"), ("tokio #1", "tokio", "\"tokio\" has no number"),
            ("second-kind", "Second", "is no name"), ("second-kind", "first-kind", "the same kind"),
        ]
    )
    func wrongRow(_ part: String, _ other: String, _ problem: String) {
        let page = Self.page.replacing(part, with: other)
        let problems = KnownFailures(page: page, sources: Self.sources).problems
        #expect(problems.contains { $0.contains(problem) })
    }

    @Test(
        "a trait that is missing, and one in the wrong place",
        arguments: [
            (".bug(id: \"second-kind\")", "", "no test BTests/free"),
            ("func free()", "struct Free", "put .bug(id: \"second-kind\") on a test function"),
            ("second-kind", "third-kind", "has no row \"third-kind\""),
        ]
    )
    func wrongTrait(_ part: String, _ other: String, _ problem: String) {
        let sources = Self.sources.mapValues { $0.replacing(part, with: other) }
        let problems = KnownFailures(page: Self.page, sources: sources).problems
        #expect(problems.contains { $0.contains(problem) })
    }
}

/// The files of this package, by paths below its folder.
private enum PackageFiles {
    private static let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

    static func text(_ path: String) throws -> String {
        let file = try FileDescriptor.open(FilePath("\(folder)/\(path)"), .readOnly)
        defer { try? file.close() }
        var (text, part) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while true {
            let count = try unsafe part.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += part.prefix(count)
        }
    }

    static func all(under path: String, withSuffix suffix: String) throws -> [String] {
        guard let entries = unsafe opendir("\(folder)/\(path)") else { throw Errno(rawValue: errno) }
        defer { unsafe closedir(entries) }
        var paths: [String] = []
        while let entry = unsafe readdir(entries) {
            let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            let name = String(decoding: bytes, as: UTF8.self)
            guard !name.hasPrefix(".") else { continue }
            let isFolder = unsafe Int(entry.pointee.d_type) == DT_DIR
            if isFolder { paths += try all(under: "\(path)/\(name)", withSuffix: suffix) }
            if name.hasSuffix(suffix), !isFolder { paths.append("\(path)/\(name)") }
        }
        return paths
    }
}
