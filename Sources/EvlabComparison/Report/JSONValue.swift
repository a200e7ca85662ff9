/// A JSON value, to be printed.
public enum JSONValue: Hashable, Sendable, CustomStringConvertible {
    case null
    case bool(Bool)
    case integer(Int)
    /// Prints as `null` when it is not finite, which JSON cannot say.
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// The members in the order in which they are printed.
    indirect case members([Member])

    /// A member of an object.
    public struct Member: Hashable, Sendable {
        public let name: String
        public let value: JSONValue
    }

    /// An object from its members, in the order in which they are printed.
    public static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .members(members.map { Member(name: $0.0, value: $0.1) })
    }

    /// The value as text on one line.
    public var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): value.isFinite ? String(value) : "null"
        case .string(let value): Self.quoted(value)
        case .array(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        case .members(let members):
            "{" + members.map { Self.quoted($0.name) + ": " + $0.value.description }.joined(separator: ", ") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
