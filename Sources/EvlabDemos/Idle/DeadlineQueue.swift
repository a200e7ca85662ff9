/// What is due next among many, each known by a number: one of the three classic ways to keep that.
///
/// ``steps`` counts how many entries or slots were looked at, so that the ways can be compared by what they do and not by how
/// long that takes.
protocol DeadlineQueue {
    typealias Instant = ContinuousClock.Instant

    /// Entries or slots that were looked at so far.
    var steps: Int { get }
    /// When to look again; never later than the first deadline comes, `nil` when nothing waits.
    var nextLook: Instant? { get }

    /// Puts in a number that is not in yet.
    mutating func insert(_ number: Int, at deadline: Instant)
    /// Takes a number out; nothing happens if it is not in.
    mutating func remove(_ number: Int)
    /// Takes out a number whose deadline has come.
    mutating func popDue(_ now: Instant) -> Int?
}
