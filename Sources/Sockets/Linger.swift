/// What a close does with bytes not yet sent (`socket(7)`, SO_LINGER).
public enum Linger: Hashable, Sendable {
    /// The kernel sends them in the background: the default.
    case background
    /// A close waits this many seconds, 0 to 65,535; 0 resets the connection and drops them.
    case seconds(Int)
}

extension Linger: SocketOptionValue {
    public init(optionValue value: SIMD2<CInt>) { self = value[0] == 0 ? .background : .seconds(Int(value[1])) }
    public func optionValue() throws(IOError) -> SIMD2<CInt> {
        guard case .seconds(let seconds) = self else { return [0, 0] }
        guard (0...65_535).contains(seconds) else {
            throw IOError("setsockopt", .outOfRange, detail: "\(seconds) seconds of linger; 0 to 65535 are possible")
        }
        return [1, CInt(seconds)]
    }
    public static var zeroOptionValue: SIMD2<CInt> { [0, 0] }
}
