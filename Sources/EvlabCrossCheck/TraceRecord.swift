/// What is written down of a run, in order.
package enum TraceRecord: Sendable {
    /// What everybody said after an operation on descriptors.
    case descriptors(TraceLine)
    /// What the loops were given, which all did the same.
    case loops(LoopScript)
    /// What the clients of each server did, which all saw the same.
    case servers(ServingScript)
    /// The last thing, and why the run ended.
    case find(Find)
}
