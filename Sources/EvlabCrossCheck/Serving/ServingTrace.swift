/// What the clients of a server saw, step by step.
package struct ServingTrace: Hashable, Sendable {
    /// What one client saw.
    package struct Entry: Hashable, Sendable, CustomStringConvertible {
        package let client: Int
        package let event: ServingEvent

        package var description: String { "client \(client): \(event)" }
    }

    /// Where two traces part.
    struct Difference {
        let step: Int
        let expected: Entry?
        let found: Entry?

        var isSilence: Bool {
            if case .silence = found?.event { true } else { false }
        }

        /// Whether another difference may be taken for the same, though how a fault shows depends on who is faster. Silence
        /// alone is not enough: it is what a machine shows that is slow.
        func isLike(_ other: Difference) -> Bool { !isSilence || other.isSilence }
    }

    package var steps: [[Entry]]

    /// The first thing that is otherwise here than it should be; `nil` where nothing is.
    func difference(from expected: ServingTrace) -> Difference? {
        for (index, wanted) in expected.steps.enumerated() {
            let found = index < steps.count ? steps[index] : []
            guard found != wanted else { continue }
            let place = zip(found, wanted).prefix { $0 == $1 }.count
            return Difference(
                step: index,
                expected: place < wanted.count ? wanted[place] : nil,
                // The last is what ended the run: bytes that were right may come before.
                found: place < found.count ? found.last : nil
            )
        }
        return nil
    }
}
