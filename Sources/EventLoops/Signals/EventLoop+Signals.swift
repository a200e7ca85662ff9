public import Readiness
public import Sockets

extension EventLoop {
    /// The arrivals of some signals from here on. Every loop of the process that asks gets them.
    ///
    /// - Throws: `invalidArgument` for a signal that cannot be caught, `closed` when the loop has ended.
    public func signals(_ signals: Signal...) async throws(IOError) -> SignalSequence {
        let source = SignalSource(self)
        try await make { () throws(IOError) in try source.subscribe(to: signals) }
        return SignalSequence(subscription: SignalSubscription(source, on: self))
    }
}
