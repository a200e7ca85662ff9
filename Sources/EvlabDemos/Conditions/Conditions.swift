public import Sockets

/// When a socket is readable, writable and exceptional, and how the waits themselves behave: every answer is that of a
/// call which was made for it.
public struct Conditions: Hashable, Sendable {
    public let groups: [ConditionGroup]
    public let waits: [TimedWait]
    public let remainders: [SelectRemainder]

    /// Brings real sockets into each state, and asks. Takes about a second. No other thread may open or close descriptors or
    /// use SIGALRM meanwhile.
    ///
    /// - Throws: `noDescriptors`, `noMemory`; `timedOut` where a state does not come about within half a minute.
    public static func read() throws(IOError) -> Conditions {
        Conditions(
            groups: [try readableConditions(), try writableConditions(), try exceptionalConditions()],
            waits: try TimedWait.all(),
            remainders: try SelectRemainder.all()
        )
    }
}
