/// Something that does a workload when it is told to, in a process of its own.
public protocol Bench: AnyObject {
    /// Does the script of the workload once: what came of each step, in words that do not depend on who did it.
    func trace() throws(ComparisonFailure) -> [String]

    /// Measures for about so long.
    func sample(_ duration: Duration) throws(ComparisonFailure) -> Sample
}
