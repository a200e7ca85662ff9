internal import CLibevent
internal import CLinux

extension EventBase {
    /// How many events the base has now. The C function is `event_base_get_num_events`.
    public var counts: EventCounts {
        core.checkThread()
        return EventCounts(
            added: number(EVENT_BASE_COUNT_ADDED),
            active: number(EVENT_BASE_COUNT_ACTIVE),
            virtual: number(EVENT_BASE_COUNT_VIRTUAL)
        )
    }

    private func number(_ which: UInt32) -> Int {
        unsafe Int(event_base_get_num_events(core.raw, which))
    }

    /// The most events of each kind that the base had since it was made, or since the last reset. The C function is
    /// `event_base_get_max_events`.
    public func highestCounts(reset: Bool = false) -> EventCounts {
        core.checkThread()
        return EventCounts(
            added: highest(EVENT_BASE_COUNT_ADDED, reset),
            active: highest(EVENT_BASE_COUNT_ACTIVE, reset),
            virtual: highest(EVENT_BASE_COUNT_VIRTUAL, reset)
        )
    }

    private func highest(_ which: UInt32, _ reset: Bool) -> Int {
        unsafe Int(event_base_get_max_events(core.raw, which, reset ? 1 : 0))
    }

    /// The wall-clock time since 1970. The C function is `event_base_gettimeofday_cached`.
    ///
    /// A base that this package made reads the clock each time. Only one that C code made, without
    /// EVENT_BASE_FLAG_NO_CACHE_TIME, gives the time at which its turn began.
    public var cachedTime: Duration {
        core.checkThread()
        var now = timeval()
        unsafe event_base_gettimeofday_cached(core.raw, &now)
        return now.duration
    }

    /// The clock of the timers, which no change of the wall-clock time touches; its zero means nothing. The C function is
    /// `event_gettime_monotonic`.
    public var monotonicTime: Duration {
        core.checkThread()
        var now = timeval()
        unsafe event_gettime_monotonic(core.raw, &now)
        return now.duration
    }

    /// Refreshes ``cachedTime`` on a base that C code made. The C function is `event_base_update_cache_time`.
    ///
    /// Timeouts that begin with a call of this package count from that call without it. Those that libevent starts by
    /// itself on such a base, such as a write timeout when bytes are added to a stream's output, count from
    /// ``cachedTime``: call this first, after work that took long.
    public func updateCachedTime() {
        core.checkThread()
        unsafe event_base_update_cache_time(core.raw)
    }
}
