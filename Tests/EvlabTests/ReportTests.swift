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

    @Test("Ratios pair what was measured in the same round")
    func pairedRatios() throws {
        // The second round was ten times slower for both, which changes nothing.
        let ratio = try #require(PairedRatio(of: [200, 22, 190], to: [100, 10, 100]))
        #expect(ratio.median == 2)
        #expect(ratio.lowest == 1.9)
        #expect(ratio.highest == 2.2)
        #expect(PairedRatio(of: [], to: []) == nil)
        #expect(PairedRatio(of: [1], to: [0]) == nil)
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

    @Test("A result survives the pipe between two processes")
    func loadResult() throws {
        let line = """
            {"messages": 3, "seconds": 1.5, "p50": 10, "p90": 20, "p99": 30, "p99.9": 40, "max": 50, \
            "generatorCPU": 0.25, "serverCPU": 1e-05, "serverUserCPU": 0.0}
            """
        let result = try #require(LoadResult(line: line))
        #expect(result.json.description == line)
        #expect(result.p999 == 40)
        #expect(result.serverCPU == 0.00001)
        #expect(LoadResult(line: result.json.description) == result)
        #expect(result.rate == 2)
    }

    @Test(
        "Anything else is no result",
        arguments: ["", "{}", "{\"messages\": 0}", "evlab: no", "{\"messages\": x}", "[1]"]
    )
    func noLoadResult(_ line: String) {
        #expect(LoadResult(line: line) == nil)
    }

    @Test("System calls are summed from strace's table, with and without errors in a row")
    func systemCalls() {
        let summary = """
            % time     seconds  usecs/call     calls    errors syscall
            ------ ----------- ----------- --------- --------- ----------------
             60.00    0.000215           3        61         8 openat
             40.00    0.000100           1        39           read
            ------ ----------- ----------- --------- --------- ----------------
            100.00    0.000315           3       100         8 total
            """
        #expect(SystemCalls.total(of: summary.split(separator: "\n").map(String.init)) == 100)
        #expect(SystemCalls.total(of: ["strace: no"]) == nil)
        #expect(SystemCalls.total(of: []) == nil)
    }

    @Test("A seed repeats its numbers")
    func seeds() {
        var (first, second, other) = (SeededGenerator(seed: 1), SeededGenerator(seed: 1), SeededGenerator(seed: 2))
        let numbers = (0..<4).map { _ in first.next() }
        #expect(numbers == (0..<4).map { _ in second.next() })
        #expect(numbers != (0..<4).map { _ in other.next() })
        #expect(Set(numbers).count == 4)
    }
}
