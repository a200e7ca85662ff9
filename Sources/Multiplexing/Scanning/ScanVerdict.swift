/// What becomes of a ready descriptor that was looked at.
enum ScanVerdict {
    case keep
    /// It is not asked for any more until it is armed again.
    case disarm
    /// There is no room for it: the next showing begins with it.
    case stop
}
