internal import Sockets

/// Many socket pairs, and something that waits for them.
protocol PipeRounds: AnyObject {
    /// The numbers of the pairs that bytes were read from, added up over all rounds.
    var sum: Int { get }

    /// As ``PipeWorkload/run(active:writes:on:)``.
    func run(active: Int, writes: Int) throws(IOError) -> Int

    /// As ``PipeWorkload/cascade(on:)``.
    func cascade() throws(IOError) -> Int
}
