/// A finding with all that is needed to see it again.
package struct Discovery: Sendable {
    /// The seed of the episode.
    package let seed: UInt64
    /// The script as it was.
    package let original: [Operation]
    /// What is left of it.
    package let script: [Operation]
    package let finding: Finding
    /// What everybody said when the short script ran once more.
    package let trace: [TraceLine]
    /// Whether it showed the finding then: if not, look at what the finding says of time and of the kernel.
    package let isRepeatable: Bool
}

extension Discovery {
    /// For a person: the seed, the script, who said what, and a test.
    package var text: String {
        """
        FINDING: \(finding)
        seed \(seed); \(original.count) operations, shrunk to \(script.count)\(isRepeatable ? "" : ", which did not show it again"):

        \(traces)

        As a test:

        \(test)
        """
    }

    /// The answers about the descriptor side by side: of the kernel, and of who is at fault.
    private var traces: String {
        let header = ["operation", "poll(2)", finding.observer?.rawValue ?? "the model", reference.rawValue]
        var rows = [header]
        for line in trace {
            rows.append([
                "\(line.step) \(line.operation)",
                Self.list(line.kernel),
                finding.observer.map { Self.list(line.sightings(of: $0)) } ?? "",
                Self.list(line.sightings(of: reference)),
            ])
        }
        // A registration that fails ends the run before anybody is asked.
        if let last = script.last, trace.last?.operation != last { rows.append(["\(finding.step) \(last)"]) }
        return Text.table(rows)
    }

    /// Who to compare with: the other engine.
    private var reference: ObserverName {
        finding.observer?.family.isLibevent == true ? .epoll : .libeventEpoll
    }

    private static func list(_ sightings: [Sighting]) -> String {
        let some = sightings.filter { !$0.events.isEmpty }.sorted { $0.descriptor < $1.descriptor }
        return some.map { "\($0.descriptor.number):\($0.events.letters)" }.joined(separator: " ")
    }

    /// A Swift test that reproduces the finding.
    private var test: String {
        """
        @Test
        func seed\(seed)() throws {
            let finding = try Episode.finding(in: [
        \(script.map { "        \($0)," }.joined(separator: "\n"))
            ])
            #expect(finding == nil)
        }
        """
    }
}

extension TraceLine {
    func sightings(of observer: ObserverName) -> [Sighting] {
        answers.first { $0.observer == observer }?.sightings ?? []
    }
}
