/// A handler that is called at the end of turns.
package protocol TurnEnd: EngineRegistration {
    /// Has the handler called at the end of this turn. For callbacks of the engine, but not for the handler itself; more than
    /// one in a turn count as one. After ``cancel()``, or once the engine is closed, it does nothing.
    func request()
}
