/// What other threads hand to a loop.
struct LoopInbox {
    var jobs: [JobQueue.Entry] = []
    var calls: [@Sendable () -> Void] = []
    /// Whether the loop has been told and has not looked yet.
    var isAnnounced = false
    /// Whether the loop has been told to end.
    var isToEnd = false
    /// Whether the run is over.
    var hasEnded = false
    /// Whether a thread of its own runs what comes after the loop's end.
    var isDrained = false

    var isEmpty: Bool { jobs.isEmpty && calls.isEmpty }
}
