internal import Readiness
package import Sockets

extension EventBase: TurnEnding {
    /// An event that is activated in a callback is called after those that are active already.
    package func onTurnEnd(_ handler: @escaping () -> Void) throws(IOError) -> () -> Void {
        let event = try Event(core, onActivation: { _, _ in handler() })
        return { try? event.activate() }
    }
}
