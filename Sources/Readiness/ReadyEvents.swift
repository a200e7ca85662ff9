/// What is ready on a descriptor, or why its watcher is called.
public struct ReadyEvents: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// A read would not block.
    public static let readable = ReadyEvents(rawValue: 1)
    /// A write would not block.
    public static let writable = ReadyEvents(rawValue: 2)
    /// Out-of-band data is there.
    public static let priority = ReadyEvents(rawValue: 4)
    /// The peer has shut its writing half.
    public static let peerClosed = ReadyEvents(rawValue: 8)
    /// Both directions are over (POLLHUP).
    public static let hangUp = ReadyEvents(rawValue: 16)
    /// An error is pending (POLLERR).
    public static let error = ReadyEvents(rawValue: 32)
    /// The time-out of the watcher passed, and nothing was ready.
    public static let timedOut = ReadyEvents(rawValue: 64)

    /// The interest that the event answers.
    public init(_ interest: Interest) {
        rawValue = interest.rawValue
    }
}

extension ReadyEvents: CustomStringConvertible {
    public var description: String {
        let names: [(ReadyEvents, String)] = [
            (.readable, "readable"), (.writable, "writable"), (.priority, "priority"), (.peerClosed, "peerClosed"),
            (.hangUp, "hangUp"), (.error, "error"), (.timedOut, "timedOut"),
        ]
        return "[" + names.filter { contains($0.0) }.map(\.1).joined(separator: ", ") + "]"
    }
}
