/// What a base keeps alive while it may call back: pending events, open streams, listeners.
protocol BaseMember: AnyObject {
    /// Its place in the base's list, or -1; only the base changes it.
    var memberIndex: Int { get set }
    /// The base is going: stop, close what is owned, and call nobody back.
    func baseIsClosing()
}
