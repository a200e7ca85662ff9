internal import Readiness

/// What a descriptor is watched for and how, in one word.
struct RegistrationMode: Equatable {
    let word: UInt32

    // Errors and hang-ups are reported whether asked for or not (EPOLLERR, EPOLLHUP).
    private static let unasked: UInt32 = 0x18
    private static let registered: UInt32 = 1 << 16
    private static let edge: UInt32 = 1 << 17
    private static let oneShot: UInt32 = 1 << 18
    private static let exclusive: UInt32 = 1 << 19

    private static let edgeFlag: UInt32 = 1 << 31
    private static let oneShotFlag: UInt32 = 1 << 30
    private static let exclusiveFlag: UInt32 = 1 << 28

    init(word: UInt32) {
        self.word = word
    }

    init(_ interest: Interest, _ trigger: Trigger, isExclusive: Bool = false) {
        word =
            UInt32(interest.rawValue) | Self.unasked | Self.registered | (trigger.isEdge ? Self.edge : 0)
            | (trigger.isOneShot ? Self.oneShot : 0) | (isExclusive ? Self.exclusive : 0)
    }

    var isRegistered: Bool { word & Self.registered != 0 }

    /// Whether an event wakes one of the instances that watch the descriptor, instead of all.
    var isExclusive: Bool { word & Self.exclusive != 0 }

    /// Whether the descriptor is not looked at any more once an event of it was collected: after one-shot events, and where
    /// nothing was asked for, since nobody would act on an error or a hang-up and every wait would end at once.
    var endsWithItsEvent: Bool { trigger.isOneShot || interest.isEmpty }

    /// Which of the flags that the kernel reported are the caller's to know.
    func reported(of flags: UInt16) -> UInt32 { UInt32(flags) & word & 0xffff }

    var interest: Interest {
        Interest(rawValue: UInt16(truncatingIfNeeded: word & ~Self.unasked))
    }

    var trigger: Trigger {
        switch (word & Self.edge != 0, word & Self.oneShot != 0) {
        case (false, false): .level
        case (true, false): .edge
        case (false, true): .levelOneShot
        case (true, true): .edgeOneShot
        }
    }

    /// What to ask epoll for.
    ///
    /// Where nothing is asked for, epoll is told to report errors and hang-ups once: nobody would act on them, and every
    /// wait would end at once.
    var epollFlags: UInt32 {
        var flags = UInt32(interest.rawValue)
        if trigger.isEdge || interest.isEmpty { flags |= Self.edgeFlag }
        if trigger.isOneShot { flags |= Self.oneShotFlag }
        if isExclusive { flags |= Self.exclusiveFlag }
        return flags
    }
}
