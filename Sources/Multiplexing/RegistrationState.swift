internal import Readiness

/// What a multiplexer knows of one descriptor number, in one word, so that it is read and replaced as a whole.
struct RegistrationState: Equatable {
    private(set) var word: UInt64

    private static let registered: UInt64 = 1 << 8
    private static let edge: UInt64 = 1 << 9
    private static let oneShot: UInt64 = 1 << 10

    init(word: UInt64) {
        self.word = word
    }

    private init(generation: UInt32, interest: Interest, trigger: Trigger) {
        word = UInt64(generation) << 32 | Self.registered | UInt64(interest.rawValue)
        if trigger.isEdge { word |= Self.edge }
        if trigger.isOneShot { word |= Self.oneShot }
    }

    /// Which registration of the number this is; an event that carries another one is stale.
    var generation: UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
    var isRegistered: Bool { word & Self.registered != 0 }
    var interest: Interest { Interest(rawValue: UInt8(truncatingIfNeeded: word)) }

    var trigger: Trigger {
        switch (word & Self.edge != 0, word & Self.oneShot != 0) {
        case (false, false): .level
        case (true, false): .edge
        case (false, true): .levelOneShot
        case (true, true): .edgeOneShot
        }
    }

    /// A registration of its own: events of earlier ones are stale from here on.
    func next(_ interest: Interest, _ trigger: Trigger) -> RegistrationState {
        RegistrationState(generation: generation &+ 1, interest: interest, trigger: trigger)
    }

    /// The same registration with another interest.
    func changed(_ interest: Interest, _ trigger: Trigger) -> RegistrationState {
        RegistrationState(generation: generation, interest: interest, trigger: trigger)
    }

    /// No registration.
    var vacated: RegistrationState {
        RegistrationState(word: UInt64(generation &+ 1) << 32)
    }

    /// What the registrations' owner gives the kernel to keep, and finds in each event.
    func eventData(_ number: CInt) -> UInt64 {
        UInt64(generation) << 32 | UInt64(UInt32(bitPattern: number))
    }
}
