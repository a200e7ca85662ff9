/// What is wrong with a line of a configuration, and what would be right.
public struct InetdConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    public let line: Int
    public let reason: String

    public var description: String { "line \(line): \(reason)" }
}
