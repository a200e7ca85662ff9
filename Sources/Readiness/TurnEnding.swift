package import Sockets

/// An engine that calls back when it has called for all that was ready, before it waits again.
package protocol TurnEnding: EventEngine {
    /// - Returns: what to call in a callback to have `handler` called at the end of that turn; it may be called often, and
    ///   counts once. Once the engine is closed it does nothing.
    func onTurnEnd(_ handler: @escaping () -> Void) throws(IOError) -> () -> Void
}
