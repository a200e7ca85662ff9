/// What a base keeps alive while it may call back: pending events, open streams, listeners.
protocol BaseMember: AnyObject {
    /// Its place in the base's list, or -1; only the base changes it.
    var memberIndex: Int { get set }
    /// No callback runs any more, so that a member which is closed can let go of its handlers: one of them may have been
    /// the one that ran.
    func callbacksAreOver()
    /// The base is going: stop, close what is owned, and call nobody back.
    func baseIsClosing()
}
