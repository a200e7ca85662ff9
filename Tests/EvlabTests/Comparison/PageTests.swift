import EvlabComparison
import Glibc
import SeededRandom
import Sockets
import Testing

/// The page of a report.
@Suite
struct PageTests {
    /// Measurements of every kind of workload, made up, with text that must be escaped.
    private static let report = ComparisonReport.sample(
        cells: [
            cell(Setting(.echo, n: 1), [1, 0.9, 1.2]), cell(Setting(.echo, n: 50), [1, 0.8, 1.001]),
            cell(Setting(.latency, n: 50, width: 1000), [1, 1.5, 3]),
            cell(Setting(.pipes, n: 10, width: 1), [1, 0.5, 100]),
            cell(Setting(.pipes, n: 1000, width: 1), [1, 0.5, 2000]),
            cell(Setting(.timers, n: 100, width: 0), [1, 3, 1]),
        ],
        notes: ["a < b & \"c\""]
    )

    private static func cell(_ setting: Setting, _ factors: [Double]) -> Cell {
        let subjects = [
            Subject("c-event", .plainC, "plain <C>"), Subject("event", .libevent, twin: "c-event", "Swift & libevent"),
            Subject("epoll", .native, "\"native\""),
        ]
        var random = RepeatableRandom(seed: UInt64(setting.n))
        let results = zip(subjects, factors).map { subject, factor in
            SubjectResult(
                subject: subject,
                samples: (0..<3).map { _ in
                    (0..<5).map { _ in
                        let noise = 1 + Double(random.next() % 1000) / 50_000
                        var sample = Sample(operations: 1000, seconds: 0.001_234 * factor * noise)
                        guard setting.workload.hasServer else { return sample }
                        (sample.cpu, sample.generatorShare) = (0.000_9 * factor * noise, factor > 1 ? 0.95 : 0.2)
                        sample.delays = (1...Sample.percentiles.count).map { Int(Double($0 * 10_000) * factor * noise) }
                        return sample
                    }
                },
                counts: setting == Setting(.echo, n: 50) ? counts(factor) : nil
            )
        }
        return Cell(setting, results, seed: 1)
    }

    private static func counts(_ factor: Double) -> CostCounts {
        var counts = CostCounts()
        (counts.operation.instructions, counts.operation.allocations) = (321.5 * factor, 0)
        (counts.operation.systemCalls, counts.operation.waits) = (2.04, 0.04)
        (counts.connection.instructions, counts.connection.memory) = (2345.6, 1234.5)
        counts.complaints = ["something <else> is missing"]
        return counts
    }

    private func temporaryFile(_ text: String) throws -> String {
        let path = try String(Program.run(["mktemp"]).output.dropLast())
        guard let file = unsafe fopen(path, "w") else { throw IOError("fopen", .system, detail: path) }
        defer { unsafe fclose(file) }
        _ = unsafe fputs(text, file)
        return path
    }

    @Test("Every number of the page is the JSON's, and the page is well-formed", .enabled(if: has("python3")))
    func numbers() throws {
        let page = try temporaryFile(Self.report.html)
        let json = try temporaryFile(Self.report.json.description)
        defer {
            _ = unsafe unlink(page)
            _ = unsafe unlink(json)
        }
        let end = try Program.run(["python3", client("check_page"), page, json])
        #expect(end.code == 0, "\(end.errors)")
        #expect((Int(end.output.split(separator: " ").first ?? "") ?? 0) > 100, "\(end.output)")
    }

    @Test("It passes an HTML validator without a warning", .enabled(if: has("tidy")))
    func validator() throws {
        let page = try temporaryFile(Self.report.html)
        defer { _ = unsafe unlink(page) }
        let end = try Program.run(["tidy", "-quiet", "-errors", page])
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.errors.isEmpty, "\(end.errors)")
        let broken = try temporaryFile(Self.report.html.replacing("</table>", with: ""))
        defer { _ = unsafe unlink(broken) }
        #expect(try Program.run(["tidy", "-quiet", "-errors", broken]).code != 0, "the validator finds nothing")
    }

    @Test("What a report writes as JSON, it reads again: the same page, picture and text")
    func rereading() throws {
        let again = try #require(JSONValue(parsing: Self.report.json.description).flatMap { ComparisonReport($0) })
        #expect(again.json == Self.report.json)
        #expect(again.html == Self.report.html)
        #expect(again.text == Self.report.text)
        #expect(again.svg == Self.report.svg)
        for other in ["{}", "[]", "{\"format\": 1}", "{\"format\": 2, \"seed\": \"1\", \"cells\": []}"] {
            #expect(JSONValue(parsing: other).flatMap { ComparisonReport($0) } == nil, "\(other)")
        }
    }

    @Test("The picture is well-formed, shows what the page shows, and is light and dark", .enabled(if: has("python3")))
    func picture() throws {
        let svg = try #require(Self.report.svg)
        let file = try temporaryFile(svg)
        defer { _ = unsafe unlink(file) }
        let parse = "import sys, xml.etree.ElementTree as tree; print(len(list(tree.parse(sys.argv[1]).iter())))"
        #expect(try Program.run(["python3", "-c", parse, file]).code == 0)
        for words in [
            "prefers-color-scheme: dark", "pipes, 1,000 pairs, 1 active", ">epoll<", "CPU time beside c-event",
        ] { #expect(svg.contains(words), "\(words)") }
        let pipes = Self.report.narrowed(to: { $0.workload == .pipes && $0.n == 10 }, subjects: ["epoll"])
        #expect(pipes.cells.map(\.results.count) == [2])
        #expect(pipes.svg?.contains("echo") == false && pipes.svg?.contains(">event<") == false)
        #expect(Self.report.narrowed(to: { _ in false }, subjects: nil).svg == nil)
    }

    @Test("A number that is another one than the JSON's is found", .enabled(if: has("python3")))
    func wrongNumber() throws {
        let html = Self.report.html
        let start = try #require(html.firstRange(of: "ratio.median\" data-digits=\"2\">"))
        let wrong = html.replacingCharacters(after: start.upperBound, with: "7")
        #expect(wrong != html)
        let page = try temporaryFile(wrong)
        let json = try temporaryFile(Self.report.json.description)
        defer {
            _ = unsafe unlink(page)
            _ = unsafe unlink(json)
        }
        #expect(try Program.run(["python3", client("check_page"), page, json]).code == 1)
    }

    @Test("It needs nothing but itself, and says what must be said")
    func contents() {
        let html = Self.report.html
        for foreign in ["<script", "src=", "@import", "url(", "<link"] {
            #expect(!html.contains(foreign), "\(foreign)")
        }
        for words in [
            "What was asked", "The answer", "What this does not show", "--seed 1", "One &lt;processor&gt; &amp;",
            "a &lt; b", "What does not depend on the clock", "something &lt;else&gt; is missing",
            "takes, in instructions a message of 64 B, 0.80 times those of C with event",
            "prefers-color-scheme: dark", "@media print", "2026-01-31 12:00 UTC",
        ] { #expect(html.contains(words), "\(words)") }
    }

    @Test("The answer says only what the intervals allow")
    func answer() {
        let html = Self.report.html
        // epoll: pipes and timers in time, echo in CPU; faster nowhere, for all factors are 1 or more.
        #expect(html.contains("ours takes less in 0"))
        #expect(html.contains("With 1,000 descriptors") == false, "without poll and select there is nothing to compare")
        let undecided = ComparisonReport.sample(
            cells: [
                Cell(
                    Setting(.pipes, n: 10, width: 1),
                    [
                        SubjectResult(
                            subject: Subject("c-event", .plainC, ""),
                            samples: [[Sample(operations: 1, seconds: 1)]]
                        ),
                        SubjectResult(
                            subject: Subject("epoll", .native, ""),
                            samples: [[Sample(operations: 1, seconds: 9)]]
                        ),
                    ],
                    seed: 1
                )
            ]
        ).html
        #expect(undecided.contains("less in 0, more in 0, and the same within 2 % in 0; in 1 nothing can be said"))
    }
}

extension String {
    fileprivate func replacingCharacters(after index: Index, with character: Character) -> String {
        String(self[..<index]) + String(character) + String(self[self.index(after: index)...])
    }
}
