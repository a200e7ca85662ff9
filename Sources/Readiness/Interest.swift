/// What a watcher wants to hear of. Errors and hang-ups are reported whether asked for or not.
public struct Interest: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// A read would not block: data, a waiting connection, the end of the stream or an error.
    public static let readable = Interest(rawValue: 1)
    /// A write would not block: room, a finished connect or an error.
    public static let writable = Interest(rawValue: 2)
    /// Out-of-band data (POLLPRI).
    public static let priority = Interest(rawValue: 4)
    /// The peer has shut its writing half (POLLRDHUP), known before the data is read.
    public static let peerClosed = Interest(rawValue: 8)
}
