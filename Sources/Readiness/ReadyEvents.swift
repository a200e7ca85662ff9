/// What is ready on a descriptor, or why its watcher is called.
///
/// The values are those of `poll(2)` and `epoll_ctl(2)`.
public struct ReadyEvents: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// A read would not block.
    @inlinable public static var readable: ReadyEvents { ReadyEvents(rawValue: 1) }
    /// A write would not block.
    @inlinable public static var writable: ReadyEvents { ReadyEvents(rawValue: 4) }
    /// Out-of-band data is there.
    @inlinable public static var priority: ReadyEvents { ReadyEvents(rawValue: 2) }
    /// The peer has shut its writing half.
    @inlinable public static var peerClosed: ReadyEvents { ReadyEvents(rawValue: 0x2000) }
    /// Both directions are over (POLLHUP).
    @inlinable public static var hangUp: ReadyEvents { ReadyEvents(rawValue: 16) }
    /// An error is pending (POLLERR).
    @inlinable public static var error: ReadyEvents { ReadyEvents(rawValue: 8) }
    /// The time-out of the watcher passed, and nothing was ready.
    @inlinable public static var timedOut: ReadyEvents { ReadyEvents(rawValue: 64) }

    /// The interest that the event answers.
    @inlinable
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
