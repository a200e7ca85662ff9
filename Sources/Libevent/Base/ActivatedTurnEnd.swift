package import Readiness
package import Sockets

/// An event that is activated in a callback is called after those that are active already.
final class ActivatedTurnEnd: TurnEnd {
    private let event: Event

    init(_ event: Event) {
        self.event = event
    }

    func request() {
        try? event.activate()
    }

    func cancel() {
        event.close()
    }
}

extension EventBase: TurnEnding {
    package func onTurnEnd(_ handler: @escaping () -> Void) throws(IOError) -> any TurnEnd {
        ActivatedTurnEnd(try Event(core, onActivation: { _, _ in handler() }))
    }
}
