public import Readiness
public import Sockets

extension Reactor where Mux: ~Copyable {
    @discardableResult
    public func schedule(
        after delay: Duration,
        every interval: Duration? = nil,
        _ handler: @escaping (Registration) -> Void
    ) throws(IOError) -> Registration {
        try checkOpen("Reactor.schedule")
        guard delay >= .zero, interval.map({ $0 > .zero }) ?? true else {
            throw IOError(
                "Reactor.schedule",
                .outOfRange,
                detail: "after \(delay), every \(interval ?? .zero): "
                    + "use a delay of zero or more and an interval of more than zero"
            )
        }
        return Registration(on: self, at: MonotonicInstant.now.advanced(by: delay), every: interval, handler)
    }

    @discardableResult
    public func onSignal(
        _ signal: Signal,
        _ handler: @escaping (Registration) -> Void
    ) throws(IOError) -> Registration {
        try checkOpen("Reactor.onSignal")
        if !signals.isOpen { try openSignals() }
        let registration = Registration(on: self, signal, handler)
        do throws(IOError) {
            try signals.subscribe(registration, to: signal)
        } catch {
            registration.end()
            throw error
        }
        return registration
    }

    /// Without a watch nobody would learn what has come: where that fails, the next who asks tries again.
    private func openSignals() throws(IOError) {
        let descriptor = try signals.open()
        do throws(IOError) {
            try watchInternally(descriptor) { [unowned self] _, _ in signals.take() }
        } catch {
            _ = signals.removeAll()
            throw error
        }
    }
}
