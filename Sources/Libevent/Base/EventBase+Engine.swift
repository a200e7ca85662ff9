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
        guard delay >= .zero, interval.map({ $0 > .zero }) ?? true else {
            throw IOError(
                "EventBase.schedule",
                .outOfRange,
                detail: "after \(delay), every \(interval ?? .zero): "
                    + "use a delay of zero or more and an interval of more than zero"
            )
        }
        let event = try Event.timer(on: self, repeating: interval != nil) { event, _ in handler(event) }
        try event.add(timeout: delay, every: interval)
        return event
    }

    @discardableResult
    public func onSignal(_ signal: Signal, _ handler: @escaping (Event) -> Void) throws(IOError) -> Event {
        let event = try Event.signal(signal, on: self) { event, _ in handler(event) }
        try event.add()
        return event
    }
}
