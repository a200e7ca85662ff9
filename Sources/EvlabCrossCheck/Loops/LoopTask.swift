/// Something that a loop is given to do, with one outcome whatever the time that it takes.
package enum LoopTask: Hashable, Sendable {
    /// Done at once.
    case nothing
    /// Fires once after so many milliseconds.
    case timer(milliseconds: Int)
    /// Fires so often, then cancels itself.
    case repeating(milliseconds: Int, times: Int)
    /// The callback of an earlier task spends so many milliseconds, and only then schedules a timer of as many.
    case timerAfterWork(milliseconds: Int, by: Int)
    /// Fires in an hour, but the callback of an earlier task cancels it.
    case cancelled(by: Int)
    /// So many posts, in order.
    case posts(count: Int)
    /// As before, but from another thread and while the loop waits.
    case postsFromThread(count: Int)
    /// The callback of an earlier task posts.
    case post(by: Int)
    /// A stream that the other end writes in so many pieces, and ends; read to the end in reads of so many bytes.
    case stream(pieces: Int, bytes: Int, readSize: Int, isOneShot: Bool)
    /// A stream that is always readable, until the callback of an earlier task closes it.
    case closed(by: Int)
    /// A stream whose own callback closes it although more is there.
    case closesItself
    /// The callback of an earlier task runs the loop, which must be refused.
    case nestedRun(by: Int)
}
