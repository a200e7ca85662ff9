import EvlabCrossCheck
import Sockets
import Testing

@Suite
struct CrossCheckTests {
    /// Long enough that every operation, every kind of descriptor and every row of the table comes.
    @Test
    func `Both engines agree, and everything was tried`() throws {
        var check = CrossCheck(CrossCheck.Options(seed: 2, steps: 1200))
        let report = try check.run()
        let finding = report.find?.text
        #expect(finding == nil)
        for kind in OperationKind.allCases { #expect(report.counts.operations[kind] ?? 0 > 0, "\(kind)") }
        for kind in DescriptorKind.allCases { #expect(report.counts.descriptors[kind] ?? 0 > 0, "\(kind)") }
        for row in NormalisationRow.allCases { #expect(report.counts.rows[row] ?? 0 > 0, "\(row)") }
        #expect(report.counts.openPredictions * 20 <= report.counts.predictions)
    }

    @Test
    func `The same seed gives the same script`() {
        let script = ScriptGenerator.script(seed: 7, count: 500)
        #expect(script == ScriptGenerator.script(seed: 7, count: 500))
        #expect(script != ScriptGenerator.script(seed: 8, count: 500))
        // What a machine or a standard library decides would show here.
        #expect(
            script.prefix(4).map(\.description) == [
                ".make(.counter, 0, nil)", ".make(.tcpIPv6, 1, 2)", ".make(.file, 3, nil)", ".write(2, 117)",
            ]
        )
    }

    @Test
    func `Operations without what they need do nothing`() throws {
        let finding = try Episode.finding(in: [
            .write(0, 10), .make(.tcp, 0, 1), .close(5), .accept(7, from: 0), .duplicate(9, as: 10), .write(0, 10),
            .make(.pipe, 0, 3), .connect(4, to: 0),
        ])
        #expect(finding == nil)
    }

    @Test
    func `A report is for people`() throws {
        var check = CrossCheck(CrossCheck.Options(seed: 3, steps: 300))
        let report = try check.run()
        #expect(report.text.contains("Seed 3: "))
        #expect(report.text.contains("No difference is unexplained."))
        #expect(report.observationsPerMinute > 0)
    }
}
