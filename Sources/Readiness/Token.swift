/// The caller's name for a registration, given back with each of its events.
public struct Token: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
    public let rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    public init(integerLiteral value: UInt64) {
        rawValue = value
    }

    /// An index or another number that is not negative.
    public init(_ number: Int) {
        rawValue = UInt64(bitPattern: Int64(number))
    }

    /// The token as a number, as ``init(_:)`` took it.
    @inlinable public var number: Int { Int(truncatingIfNeeded: rawValue) }
}
