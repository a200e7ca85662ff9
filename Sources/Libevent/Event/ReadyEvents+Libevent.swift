internal import CLibevent
internal import Readiness

extension ReadyEvents {
    /// What libevent calls back with, without its time-out.
    init(libeventFlags flags: Int16) {
        self = []
        let flags = CInt(flags)
        if flags & EV_READ != 0 { insert(.readable) }
        if flags & EV_WRITE != 0 { insert(.writable) }
        if flags & EV_CLOSED != 0 { insert(.peerClosed) }
    }

    /// What an activation by hand hands to libevent.
    var libeventFlags: CInt {
        var flags: CInt = 0
        if contains(.readable) { flags |= EV_READ }
        if contains(.writable) { flags |= EV_WRITE }
        if contains(.peerClosed) { flags |= EV_CLOSED }
        if contains(.timedOut) { flags |= EV_TIMEOUT }
        return flags
    }
}
