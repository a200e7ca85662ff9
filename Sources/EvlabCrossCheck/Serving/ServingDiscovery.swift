/// A server whose clients do not see what they should.
package struct ServingDiscovery: Sendable {
    package let seed: UInt64
    /// The script as it was, and what is left of it.
    package let original: ServingScript
    package let script: ServingScript
    package let server: ServerName
    let plan: ServingPlan
    /// What its clients saw.
    let found: ServingTrace
    /// What the clients of another server saw.
    let reference: (server: ServerName, trace: ServingTrace)?
    /// How the server ended, if it did.
    let end: String?
}

extension ServingDiscovery {
    /// For a person: the seed, the script, who saw what, and a test.
    package var text: String {
        """
        FINDING: \(server): \(summary)
        seed \(seed); \(original.steps.count) steps, shrunk to \(script.steps.count):

        \(Text.table(rows))
        \(end.map { "\nThe server has ended: \($0)\n" } ?? "")
        As a test:

        \(test)
        """
    }

    private var summary: String {
        guard let difference = found.difference(from: plan.trace) else { return "nothing" }
        let expected = difference.expected.map { "\($0)" } ?? "nothing"
        let found = difference.found.map { "\($0)" } ?? "nothing"
        return "after step \(difference.step): expected \(expected), found \(found)"
    }

    private var rows: [[String]] {
        var rows = [["step", "what must come", "\(server)"]]
        if let reference { rows[0].append("\(reference.server)") }
        for (index, step) in plan.steps.enumerated() {
            var row = ["\(index) \(step.step)", Self.list(step.events), Self.list(found, index)]
            if let reference { row.append(Self.list(reference.trace, index)) }
            rows.append(row)
        }
        return rows
    }

    private static func list(_ trace: ServingTrace, _ index: Int) -> String {
        index < trace.steps.count ? list(trace.steps[index]) : ""
    }

    private static func list(_ entries: [ServingTrace.Entry]) -> String {
        entries.map(\.description).joined(separator: ", ")
    }

    /// A Swift test that reproduces the finding: in a process of its own, for the servers end by a signal.
    private var test: String {
        """
        @Test
        func servingSeed\(seed)() async {
            await #expect(processExitsWith: .success) {
                let check = try ServingCheck()
                let script = ServingScript(.\(script.service), [
        \(script.steps.map { "            \($0)," }.joined(separator: "\n"))
                ])
                let discovery = try check.discovery(in: script)
                let complaints = try check.end()
                #expect(discovery == nil)
                #expect(complaints == [])
            }
        }
        """
    }
}
