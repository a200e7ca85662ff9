import EvlabComparison
import Testing

/// The gate before every measurement.
@Suite
struct TraceGateTests {
    private let honest = ["1 byte back", "2 bytes back", "the end"]

    @Test("Equal traces pass, however many")
    func equal() {
        #expect(TraceGate.firstDifference(.echo, [("a", honest), ("b", honest), ("c", honest)]) == nil)
        #expect(TraceGate.firstDifference(.echo, [("a", honest)]) == nil)
        #expect(TraceGate.firstDifference(.echo, []) == nil)
    }

    @Test("The first difference is named, with who said what")
    func differences() {
        var altered = honest
        altered[1] = "3 bytes back"
        #expect(
            TraceGate.firstDifference(.udp, [("a", honest), ("b", honest), ("c", altered)])
                == "udp, step 2 of the script: c says '3 bytes back' where a says '2 bytes back'"
        )
        let lost = Array(honest.dropLast())
        #expect(
            TraceGate.firstDifference(.echo, [("a", honest), ("b", lost)])
                == "echo, step 3 of the script: b says 'nothing' where a says 'the end'"
        )
        #expect(TraceGate.firstDifference(.echo, [("a", lost), ("b", honest)])?.contains("b says 'the end'") == true)
    }

    @Test(
        "Benches that need no server do the same in one process",
        arguments: [Workload.pipes, .cascade, .timers, .wake]
    )
    func benches(_ workload: Workload) throws {
        let setting = Setting(workload, n: 20, width: workload == .pipes ? 5 : 0)
        let traces = try Catalogue.subjects(setting, .full).map { subject in
            let bench = try BenchMaker.make(setting, server: nil, subject: subject.name, seed: 1)
            return (name: subject.name, lines: try bench.trace())
        }
        #expect(traces.count >= 4)
        #expect(traces.allSatisfy { !$0.lines.isEmpty })
        #expect(TraceGate.firstDifference(workload, traces) == nil)
    }

    @Test("The protocol answers orders in lines, and refuses what is none")
    func session() throws {
        let bench = try BenchMaker.make(Setting(.timers, n: 5, width: 0), server: nil, subject: "queue", seed: 1)
        var answers: [String] = []
        func run(_ orders: [String]) throws {
            var orders = orders[...]
            try serve(bench, { orders.popFirst() }, { answers.append($0) })
        }
        try run(["run 1", "trace"])
        #expect(answers.first.flatMap { JSONValue(parsing: $0) }.flatMap { Sample($0) } != nil)
        #expect(answers.dropFirst().dropLast().allSatisfy { $0.hasPrefix("> ") })
        #expect(answers.last == "done")
        for order in ["run", "run 0", "run x", "", "trace 1"] {
            #expect(throws: ComparisonFailure.self) { try run([order]) }
        }
    }

    private func serve(_ bench: some Bench, _ read: () -> String?, _ print: (String) -> Void) throws(ComparisonFailure)
    {
        try BenchSession.serve(bench, readLine: read, print: print)
    }
}
