internal import CLibevent
internal import Sockets

extension timeval {
    /// A delay as libevent takes it: rounded up to microseconds and one more, because libevent cuts off the present's
    /// nanoseconds, so that nothing is early; and capped at a century, so that adding it to the time cannot overflow.
    init(_ delay: Duration) throws(IOError) {
        guard delay >= .zero else {
            throw IOError("timeval", .outOfRange, detail: "a delay of \(delay) lies in the past; use zero or more")
        }
        let (seconds, attoseconds) = min(delay, .seconds(3_155_760_000)).components
        let microseconds = Int((attoseconds + 999_999_999_999) / 1_000_000_000_000) + (delay > .zero ? 1 : 0)
        self.init(tv_sec: Int(seconds) + microseconds / 1_000_000, tv_usec: microseconds % 1_000_000)
    }

    var duration: Duration { .seconds(tv_sec) + .microseconds(tv_usec) }
}
