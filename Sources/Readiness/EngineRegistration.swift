/// A timer or a signal.
public protocol EngineRegistration: AnyObject {
    /// How many ticks of a repeating timer have passed without a callback since the previous one; 0 when none was missed,
    /// and for timers that do not repeat and signals. Read it in the handler. Thread rule: the engine's thread.
    var missedTicks: Int { get }

    /// No call back from here on. Safe inside any callback; a second call does nothing.
    func cancel()
}

extension EngineRegistration {
    public var missedTicks: Int { 0 }
}
