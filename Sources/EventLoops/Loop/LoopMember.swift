internal import Sockets

/// What ends when its loop does.
protocol LoopMember: AnyObject {
    /// Its place in the loop's list, or -1; only the loop changes it.
    var memberIndex: Int { get set }
    /// The loop will call nothing any more; who waits is resumed with the error.
    func loopIsEnding(_ error: IOError)
}
