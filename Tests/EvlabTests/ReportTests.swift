import EvlabComparison
import Testing

/// The arithmetic and the text of reports.
@Suite
struct ReportTests {
    @Test("The median is the middle, or the mean of the two in the middle")
    func medians() {
        #expect(median([3, 1, 2]) == 2)
        #expect(median([4, 1, 3, 2]) == 2.5)
        #expect(median([7]) == 7)
        #expect(median([]).isNaN)
    }

    @Test(
        "Numbers have as many decimals as asked for",
        arguments: [
            (1.005, 0, "1"), (0.5, 0, "1"), (12.345, 2, "12.35"), (-0.05, 1, "-0.1"), (0.001, 2, "0.00"),
            (7, 3, "7.000"), (Double.nan, 2, "-"), (Double.infinity, 2, "-"), (1e300, 2, "-"),
        ]
    )
    func decimals(_ value: Double, _ count: Int, _ text: String) {
        #expect(fixed(value, count) == text)
    }

    @Test(
        "Thousands stand apart",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567.6, "1,234,568"), (-1000, "-1,000"), (.nan, "-"),
        ]
    )
    func thousands(_ value: Double, _ text: String) {
        #expect(grouped(value) == text)
    }

    @Test(
        "Sizes have the unit that fits",
        arguments: [(1, "1 B"), (64, "64 B"), (1500, "1500 B"), (16_384, "16 KiB"), (1 << 20, "1 MiB")]
    )
    func sizes(_ bytes: Int, _ text: String) {
        #expect(byteSize(bytes) == text)
    }

    @Test("One thing is singular")
    func counts() {
        #expect(counted(1, "round") == "1 round")
        #expect(counted(0, "round") == "0 rounds")
        #expect(counted(5, "round") == "5 rounds")
        #expect(counted(2, "process") == "2 processes")
    }

    @Test("Columns are as wide as their widest cell")
    func columns() {
        #expect(table([["name", "n"], ["x", "1,000"]]) == "name      n\nx     1,000")
        #expect(table([]).isEmpty)
    }

    @Test("JSON escapes what it must and has no number that JSON lacks")
    func json() {
        let value = JSONValue.object([
            ("a\"b", .string("line\nfeed \\ \u{1} ü")), ("n", .number(.nan)), ("d", .number(0.5)), ("i", .integer(-3)),
            ("l", .array([.bool(true), .null])),
        ])
        #expect(
            value.description
                == "{\"a\\\"b\": \"line\\u000afeed \\\\ \\u0001 ü\", \"n\": null, \"d\": 0.5, \"i\": -3, \"l\": [true, null]}"
        )
    }

    @Test("What JSON is printed is read again")
    func jsonRoundTrip() throws {
        let value = JSONValue.object([
            ("a\"b", .string("line\nfeed \\ \u{1} ü 🙂 </script>")), ("d", .number(0.1)), ("i", .integer(-3)),
            ("e", .object([])),
            ("l", .array([.bool(true), .bool(false), .null, .array([]), .number(1e-300)])),
        ])
        let again = try #require(JSONValue(parsing: value.description))
        #expect(again == value)
        #expect(again["i"]?.asInteger == -3)
        #expect(again["d"]?.asNumber == 0.1)
        #expect(again["missing"] == nil)
    }

    @Test(
        "What is not JSON is not read",
        arguments: [
            "", "{", "[1,]", "{\"a\" 1}", "\"\u{1}\"", "\"\\x\"", "\"\\ud800\"", "1 2", "nul", "--1", "{\"a\":1,}",
            "\"",
            String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
        ]
    )
    func noJSON(_ text: String) {
        #expect(JSONValue(parsing: text) == nil)
    }

    @Test("Escapes of other programs are read")
    func foreignEscapes() {
        #expect(JSONValue(parsing: " \"\\ud83d\\ude42\\/\\t\\u00fc\" ")?.asString == "🙂/\tü")
        #expect(JSONValue(parsing: "[1e3, -0.5]")?.asArray?.compactMap(\.asNumber) == [1000, -0.5])
    }

    @Test("A sample survives the pipe between two processes")
    func samples() throws {
        var sample = Sample(operations: 3, seconds: 1.5)
        (sample.cpu, sample.userCPU, sample.generatorShare, sample.memory) = (1e-05, 0.5e-5, 0.25, 4096)
        sample.delays = Array(1...Sample.percentiles.count)
        let again = try #require(JSONValue(parsing: sample.json.description).flatMap { Sample($0) })
        #expect(again == sample)
        #expect(again.each == 500_000_000)
        #expect(again.delay(at: 50) == 1)
        #expect(again.delay(at: 100) == Sample.percentiles.count)
        #expect(again.delay(at: 12) == nil)
    }

    @Test(
        "Anything else is no sample",
        arguments: [
            "{}", "{\"operations\": 0, \"seconds\": 1}", "{\"operations\": 1, \"seconds\": 0}", "[1]",
            "{\"operations\": 1, \"seconds\": 1, \"delays\": [1]}",
        ]
    )
    func noSample(_ text: String) {
        #expect(JSONValue(parsing: text).flatMap { Sample($0) } == nil)
    }
}
