/// A timer or a signal.
public protocol EngineRegistration: AnyObject {
    /// No call back from here on. Safe inside any callback; a second call does nothing.
    func cancel()
}
