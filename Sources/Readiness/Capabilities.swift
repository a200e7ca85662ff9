/// What a multiplexer, or an engine on the method it uses, can do. Asking for anything else is a typed error.
public struct Capabilities: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Edge triggers.
    public static let edgeTriggered = Capabilities(rawValue: 1)
    /// ``Interest/priority``.
    public static let priority = Capabilities(rawValue: 2)
    /// ``Interest/peerClosed``.
    public static let peerClosed = Capabilities(rawValue: 4)
    /// Regular files and other descriptors that never block.
    public static let anyFile = Capabilities(rawValue: 8)
    /// The cost of an event does not grow with the number of descriptors watched.
    public static let constantTime = Capabilities(rawValue: 16)
    /// Descriptors of every number; without it only those below 1,024 (FD_SETSIZE).
    public static let anyNumber = Capabilities(rawValue: 32)
    /// Hang-ups and errors are reported by name and unasked; without it they show as readable or writable.
    public static let hangUp = Capabilities(rawValue: 64)

    /// ``Interest/failure``.
    public static let failure = Capabilities(rawValue: 128)

    /// Whether every way of triggering in `trigger` is offered.
    public func supports(_ trigger: Trigger) -> Bool {
        !trigger.isEdge || contains(.edgeTriggered)
    }
}
