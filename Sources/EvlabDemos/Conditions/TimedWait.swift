internal import CLinux
internal import Glibc
internal import Multiplexing
internal import Readiness
internal import Sockets
internal import SystemPackage

/// A wait that was made, and what came of it.
public struct TimedWait: Hashable, Sendable {
    public let call: WaitCall
    public let wait: WaitCase
    /// How many descriptors were ready, or the name of the error.
    public let result: String
    /// How long it took, in nanoseconds.
    public let nanoseconds: Int64

    /// Makes every kind of wait with every call.
    ///
    /// - Throws: `noDescriptors`, `noMemory`.
    static func all() throws(IOError) -> [TimedWait] {
        var waits: [TimedWait] = []
        for call in WaitCall.allCases {
            for wait in WaitCase.allCases { waits.append(try make(wait, with: call)) }
        }
        return waits
    }

    private static func make(_ wait: WaitCase, with call: WaitCall) throws(IOError) -> TimedWait {
        guard wait != .endless else {
            let timer = clinux_readable_after(WaitCase.delay)
            return try measure(wait, call, Descriptor(number: try checked("timerfd_create", timer)))
        }
        let idle = try Socket.pair()
        guard wait == .interrupted else { return try measure(wait, call, idle.first) }
        try check("timer_create", clinux_interruptions_begin(WaitCase.delay))
        defer { clinux_interruptions_end() }
        return try measure(wait, call, idle.first)
    }

    private static func measure(
        _ wait: WaitCase,
        _ call: WaitCall,
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable
    ) throws(IOError) -> TimedWait {
        let number = holder.fileDescriptor.rawValue
        let epoll = Descriptor(number: try checked("epoll_create1", clinux_epoll_create()))
        let instance = epoll.fileDescriptor.rawValue
        try check("epoll_ctl", clinux_epoll_ctl(instance, EPOLL_CTL_ADD, number, UInt32(Interest.readable.rawValue), 0))
        let start = clinux_monotonic_now()
        let result = call.wait(for: number, epoll: instance, nanoseconds: wait.limit)
        let end = clinux_monotonic_now()
        return TimedWait(
            call: call,
            wait: wait,
            result: result < 0 ? errnoName(Errno(rawValue: -result)) : String(result),
            nanoseconds: end - start
        )
    }
}
