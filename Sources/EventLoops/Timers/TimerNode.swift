/// What a loop calls at a time.
protocol TimerNode: AnyObject {
    /// Its place in the loop's heap, or -1; only the heap changes it.
    var timerIndex: Int { get set }
    /// The time has come; the node is no longer in the heap.
    func timerFired(now: Int64)
}
