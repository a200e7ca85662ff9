package import Sockets

/// An engine that calls back when it has called for what was ready, before it waits again.
///
/// On a base with priorities, that is what was ready at the priority of the callback that asks.
package protocol TurnEnding: EventEngine {
    /// Prepares a call at the end of turns, one for each engine.
    func onTurnEnd(_ handler: @escaping () -> Void) throws(IOError) -> any TurnEnd
}
