public import SystemPackage

/// What becomes of one of the three standard streams of a program that is started.
public enum StandardStream: Hashable, Sendable {
    /// It has ours, or `/dev/null` if ours is closed.
    case shared
    /// It has this descriptor, which stays ours too.
    case descriptor(FileDescriptor)
}
