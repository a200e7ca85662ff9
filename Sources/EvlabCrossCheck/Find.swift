/// What was found, on which level.
package enum Find: Sendable {
    /// An observer of descriptors, or the kernel, breaks a law.
    case descriptors(Discovery)
    /// A loop does not do as it promises.
    case loops(LoopDiscovery)
    /// The clients of a server do not see what they should.
    case servers(ServingDiscovery)
    /// Servers say otherwise than their clients of what was done, or do not end.
    case totals([String])

    /// For a person.
    package var text: String {
        switch self {
        case .descriptors(let discovery): discovery.text
        case .loops(let discovery): discovery.text
        case .servers(let discovery): discovery.text
        case .totals(let complaints): "FINDING: in the end\n" + complaints.map { "  \($0)" }.joined(separator: "\n")
        }
    }
}
