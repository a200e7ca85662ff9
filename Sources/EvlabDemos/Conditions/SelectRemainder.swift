internal import CLinux
internal import Glibc
internal import Sockets
internal import SystemPackage

/// What a `select(2)` left of what it was given: its time limit, and its first set.
public struct SelectRemainder: Hashable, Sendable {
    /// How the call ended.
    public enum End: String, CaseIterable, Hashable, Sendable {
        /// One of two descriptors became readable after 20 ms.
        case ready
        /// Nothing became readable in time.
        case expired
        /// A signal came after 20 ms.
        case interrupted
        /// One of the two descriptors was closed before the call.
        case failed
    }

    public let call: WaitCall
    public let end: End
    /// How many descriptors were ready, or the name of the error.
    public let result: String
    /// The time limit in nanoseconds: before the call, and in the same place after it.
    public let given: Int64
    public let left: Int64
    /// How many of the two descriptors were in the set afterwards.
    public let stillInSet: Int

    /// Ends a call of each kind in each way.
    ///
    /// - Throws: `noDescriptors`, `noMemory`.
    static func all() throws(IOError) -> [SelectRemainder] {
        var remainders: [SelectRemainder] = []
        for end in End.allCases { remainders.append(try make(.select, end)) }
        remainders.append(try make(.pselect, .ready))
        return remainders
    }

    private static func make(_ call: WaitCall, _ end: End) throws(IOError) -> SelectRemainder {
        let idle = try Socket.pair()
        let numbers = [idle.first.fileDescriptor.rawValue, idle.second.fileDescriptor.rawValue]
        switch end {
        case .expired:
            return measure(call, end, numbers)
        case .ready:
            let timer = Descriptor(number: try checked("timerfd_create", clinux_readable_after(WaitCase.delay)))
            return measure(call, end, [numbers[0], timer.fileDescriptor.rawValue])
        case .interrupted:
            try check("timer_create", clinux_interruptions_begin(WaitCase.delay))
            defer { clinux_interruptions_end() }
            return measure(call, end, numbers)
        case .failed:
            idle.second.close()
            return measure(call, end, numbers)
        }
    }

    private static func measure(_ call: WaitCall, _ end: End, _ numbers: [CInt]) -> SelectRemainder {
        var sets = SelectSets(asking: numbers)
        sets.askOnlyForReading()
        let given = end == .expired ? WaitCase.delay : 50 * WaitCase.delay
        var limit = given / call.unit
        let result = call == .select ? sets.select(&limit) : sets.pselect(&limit)
        return SelectRemainder(
            call: call,
            end: end,
            result: result < 0 ? errnoName(Errno(rawValue: -result)) : String(result),
            given: given,
            left: limit * call.unit,
            stillInSet: sets.readableCount(of: numbers)
        )
    }
}
