internal import CLinux
internal import Readiness

// The flags of epoll and poll have the same values: EPOLLIN is POLLIN, and so on (epoll_ctl(2), poll(2)).
private let readableFlag: UInt32 = 0x1
private let priorityFlag: UInt32 = 0x2
private let writableFlag: UInt32 = 0x4
private let errorFlag: UInt32 = 0x8
private let hangUpFlag: UInt32 = 0x10
private let peerClosedFlag: UInt32 = 0x2000
private let oneShotFlag: UInt32 = 1 << 30
private let edgeFlag: UInt32 = 1 << 31

extension Interest {
    /// What to ask epoll for.
    ///
    /// Epoll reports errors and hang-ups unasked. Where nothing else is asked for, it is told to report them once: nobody
    /// would act on them, and every wait would end at once.
    func kernelFlags(_ trigger: Trigger) -> UInt32 {
        var flags: UInt32 = 0
        if contains(.readable) { flags |= readableFlag }
        if contains(.writable) { flags |= writableFlag }
        if contains(.priority) { flags |= priorityFlag }
        if contains(.peerClosed) { flags |= peerClosedFlag }
        if trigger.isEdge || isEmpty { flags |= edgeFlag }
        if trigger.isOneShot { flags |= oneShotFlag }
        return flags
    }
}

extension ReadyEvents {
    /// What the kernel reports, as far as it is wanted; errors and hang-ups always are.
    @inline(__always)
    init(kernel flags: UInt32, wanted: Interest) {
        let asked = flags & 0x1 | (flags & 0x2) << 1 | (flags & 0x4) >> 1 | (flags & 0x2000) >> 10
        let unasked = (flags & 0x8) << 2 | flags & 0x10
        self.init(rawValue: UInt8(truncatingIfNeeded: asked) & wanted.rawValue | UInt8(truncatingIfNeeded: unasked))
    }
}
