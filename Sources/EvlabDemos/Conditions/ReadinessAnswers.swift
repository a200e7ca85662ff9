internal import CLinux
internal import Glibc
internal import Sockets
internal import SystemPackage

/// What select, poll and epoll say of one descriptor, asked directly after each other and without waiting.
public struct ReadinessAnswers: Hashable, Sendable {
    /// Which of its three sets select left the descriptor in: `r`, `w`, `x`.
    public let select: [String]
    /// The flags that poll reported, without their prefix: `IN`, `PRI`, `OUT`, `RDHUP`, `ERR`, `HUP`, `NVAL`.
    public let poll: [String]
    /// The flags that epoll reported, level-triggered.
    public let epoll: [String]

    /// IN, PRI, OUT, RDHUP: all that can be asked for. ERR and HUP come unasked.
    private static let everything: UInt32 = 0x2007

    private static let names: [(UInt32, String)] = [
        (0x1, "IN"), (0x2, "PRI"), (0x4, "OUT"), (0x2000, "RDHUP"), (0x8, "ERR"), (0x10, "HUP"), (0x20, "NVAL"),
    ]

    /// Asks all three for everything.
    ///
    /// - Throws: `noDescriptors`, `noMemory`.
    init(of holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable) throws(IOError) {
        let number = holder.fileDescriptor.rawValue
        select = try Self.askSelect(number)
        poll = try Self.askPoll(number)
        epoll = try Self.askEpoll(number)
    }

    private static func askSelect(_ number: CInt) throws(IOError) -> [String] {
        var sets = SelectSets(asking: [number])
        var noTime: Int64 = 0
        _ = try checked("select", sets.select(&noTime))
        return [(sets.readable, "r"), (sets.writable, "w"), (sets.exceptional, "x")]
            .filter { set, _ in SelectSets.contains(number, in: set) }
            .map(\.1)
    }

    private static func askPoll(_ number: CInt) throws(IOError) -> [String] {
        var request = pollfd(fd: number, events: CShort(everything), revents: 0)
        _ = try checked("poll", unsafe clinux_poll(&request, 1, 0))
        return flags(UInt32(UInt16(bitPattern: request.revents)))
    }

    private static func askEpoll(_ number: CInt) throws(IOError) -> [String] {
        let epoll = Descriptor(number: try checked("epoll_create1", clinux_epoll_create()))
        let instance = epoll.fileDescriptor.rawValue
        try check("epoll_ctl", clinux_epoll_ctl(instance, EPOLL_CTL_ADD, number, everything, 0))
        var event = unsafe epoll_event()
        let count = try checked("epoll_wait", unsafe clinux_epoll_wait(instance, &event, 1, 0))
        return unsafe count == 0 ? [] : flags(event.events)
    }

    private static func flags(_ flags: UInt32) -> [String] {
        names.filter { flags & $0.0 != 0 }.map(\.1)
    }
}
