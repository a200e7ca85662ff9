internal import Readiness

/// What a descriptor is watched for and how, in one word.
struct RegistrationMode: Equatable {
    let word: UInt32

    // Errors and hang-ups are reported whether asked for or not (EPOLLERR, EPOLLHUP).
    private static let unasked: UInt32 = 0x18
    private static let registered: UInt32 = 1 << 16
    private static let edge: UInt32 = 1 << 17
    private static let oneShot: UInt32 = 1 << 18

    private static let edgeFlag: UInt32 = 1 << 31
    private static let oneShotFlag: UInt32 = 1 << 30

    init(word: UInt32) {
        self.word = word
    }

    init(_ interest: Interest, _ trigger: Trigger) {
        word =
            UInt32(interest.rawValue) | Self.unasked | Self.registered
            | (trigger.isEdge ? Self.edge : 0) | (trigger.isOneShot ? Self.oneShot : 0)
    }

    var isRegistered: Bool { word & Self.registered != 0 }

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
        return flags
    }
}
