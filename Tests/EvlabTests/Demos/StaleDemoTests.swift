import Testing

@Suite("demo stale")
struct StaleDemoTests {
    @Test("By number the newcomer is taken for the one who left; EventBatch passes the old event over")
    func stale() throws {
        let end = try Program.runEvlab(["demo", "stale"])
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output.hasSuffix("taken for the newcomer's: 1 by number, 0 by EventBatch\n"))
        #expect(end.output.contains("cy is closed"))
        #expect(end.output.contains("bob's event was passed over\n  cy says hello, and is heard\n"))
    }
}
