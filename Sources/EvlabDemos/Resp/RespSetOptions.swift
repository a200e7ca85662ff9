/// What follows the key and the value of a SET.
struct RespSetOptions {
    enum Condition {
        case keyIsMissing, keyExists
    }

    var condition: Condition?
    /// Whether the answer is the old value.
    var returnsOldValue = false
    var keepsTime = false
    /// When the value expires.
    var end: Int64?

    /// Whether the value is set, given whether there is one.
    func allow(_ exists: Bool) -> Bool {
        condition.map { ($0 == .keyExists) == exists } ?? true
    }
}
