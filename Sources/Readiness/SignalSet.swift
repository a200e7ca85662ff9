/// Signals that arrived.
public struct SignalSet: Hashable, Sendable, Sequence {
    private var bits: UInt64

    init(bits: UInt64) {
        self.bits = bits
    }

    public var isEmpty: Bool { bits == 0 }

    public func contains(_ signal: Signal) -> Bool {
        (1...64).contains(signal.rawValue) && bits & (1 << UInt64(signal.rawValue - 1)) != 0
    }

    public func makeIterator() -> AnyIterator<Signal> {
        var left = bits
        return AnyIterator {
            guard left != 0 else { return nil }
            defer { left &= left - 1 }
            return Signal(rawValue: CInt(left.trailingZeroBitCount) + 1)
        }
    }
}
