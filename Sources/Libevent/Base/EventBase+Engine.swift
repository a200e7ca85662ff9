public import Readiness
public import Sockets

extension EventBase: EventEngine {
    @discardableResult
    public func watch(
        _ descriptor: consuming Descriptor,
        for interest: Interest,
        trigger: Trigger = .level,
        _ handler: @escaping (Event, ReadyEvents) -> Void
    ) throws(IOError) -> Event {
        let event = try Event(on: self, owning: descriptor, for: interest, trigger: trigger, handler)
        if !interest.isEmpty { try event.add() }
        event.keepUntilClosed()
        return event
    }

    @discardableResult
    public func schedule(
        after delay: Duration,
        every interval: Duration? = nil,
        _ handler: @escaping (Event) -> Void
    ) throws(IOError) -> Event {
        // The callbacks of a turn share one reading of the clock: counted from there, a delay that is asked for after long
        // work would end too early.
        if core.isRunning { updateCachedTime() }
        guard let interval else {
            let event = try Event.timer(on: self) { event, _ in handler(event) }
            try event.add(timeout: delay > .zero ? Self.lengthened(delay) : delay)
            return event
        }
        guard interval > .zero, delay >= .zero else {
            throw IOError(
                "EventBase.schedule",
                .outOfRange,
                detail:
                    "after \(delay), every \(interval): use a delay of zero or more and an interval of more than zero"
            )
        }
        // Libevent knows one period only: the first delay is exchanged for it at the first call.
        var isFirst = true
        let event = try Event.timer(on: self, repeating: true) { event, _ in
            if isFirst { event.restart(every: interval) }
            isFirst = false
            handler(event)
        }
        try event.add(timeout: Self.lengthened(delay))
        return event
    }

    /// Libevent cuts the time off to whole microseconds, so that it counts a delay from up to so much too early.
    private static func lengthened(_ delay: Duration) -> Duration {
        min(delay, .seconds(Int64.max)) + .microseconds(1)
    }

    @discardableResult
    public func onSignal(_ signal: Signal, _ handler: @escaping (Event) -> Void) throws(IOError) -> Event {
        let event = try Event.signal(signal, on: self) { event, _ in handler(event) }
        try event.add()
        return event
    }
}
