internal import CLinux
internal import Readiness

extension ReadyEvents {
    /// The error or the hang-up that is pending on a descriptor at this moment (`poll(2)` with a time-out of zero).
    init(failureOf descriptor: CInt) {
        let found = clinux_poll_now(descriptor, 0)
        self =
            found > 0 ? ReadyEvents(rawValue: UInt16(truncatingIfNeeded: found)).intersection([.error, .hangUp]) : []
    }

    /// What is ready on a descriptor at this moment (`poll(2)` with a time-out of zero), as far as it is of interest.
    init(polling descriptor: CInt, for interest: Interest) {
        self = []
        let found = clinux_poll_now(descriptor, CShort(CLINUX_POLL_ALL))
        guard found > 0 else { return }
        let failed = found & CLINUX_POLL_FAILED != 0
        if interest.contains(.readable), failed || found & CLINUX_POLL_READABLE != 0 { insert(.readable) }
        if interest.contains(.writable), failed || found & CLINUX_POLL_WRITABLE != 0 { insert(.writable) }
        if interest.contains(.peerClosed), found & CLINUX_POLL_PEER_CLOSED != 0 { insert(.peerClosed) }
    }
}
