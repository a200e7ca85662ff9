/// An answer that no law allows.
package struct Finding: Error, Hashable, Sendable {
    /// Which law is broken.
    package var law: Law
    /// By whom; `nil` where the kernel's own answer is not the model's.
    package var observer: ObserverName?
    /// About which descriptor; `nil` where it is about none in particular.
    package var descriptor: DescriptorID?
    package var expected: String
    package var found: String
    /// The number of the operation after which it was found, from 0 on.
    package var step = 0
    /// What else was seen then: how long it was waited, and what the kernel was doing.
    package var evidence: [String] = []

    /// Whether another finding is of the same kind: what shrinking must keep.
    package func isLike(_ other: Finding) -> Bool {
        law == other.law && observer == other.observer
    }
}

extension Finding: CustomStringConvertible {
    package var description: String {
        let who = observer?.rawValue ?? "the kernel"
        let what = descriptor.map { " about descriptor \($0.number)" } ?? ""
        let sentence = "\(who)\(what) after operation \(step): expected \(expected), found \(found)"
        return ([sentence + " (law: \(law.rawValue))"] + evidence).joined(separator: "\n  ")
    }
}
