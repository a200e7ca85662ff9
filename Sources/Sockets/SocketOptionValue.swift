/// The types that the value of an option can have: `Bool`, `Int` and ``Linger``.
public protocol SocketOptionValue: Sendable {
    /// The value's form in C: an `int`, or `struct linger`.
    associatedtype OptionValue: BitwiseCopyable
    /// From what `getsockopt(2)` wrote.
    init(optionValue value: OptionValue)
    /// For `setsockopt(2)`.
    ///
    /// - Throws: `outOfRange` for a value that C cannot express.
    func optionValue() throws(IOError) -> OptionValue
    /// Room for `getsockopt(2)` to write into.
    static var zeroOptionValue: OptionValue { get }
}

extension Bool: SocketOptionValue {
    public init(optionValue value: CInt) { self = value != 0 }
    public func optionValue() -> CInt { self ? 1 : 0 }
    public static var zeroOptionValue: CInt { 0 }
}

extension Int: SocketOptionValue {
    public init(optionValue value: CInt) { self = Int(value) }
    public func optionValue() throws(IOError) -> CInt {
        guard let value = CInt(exactly: self) else {
            throw IOError("setsockopt", .outOfRange, detail: "\(self) does not fit 32 bits")
        }
        return value
    }
    public static var zeroOptionValue: CInt { 0 }
}
