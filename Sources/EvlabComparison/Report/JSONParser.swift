/// Reads JSON that this program, or another that speaks its protocol, has written.
struct JSONParser {
    private var rest: Substring.UnicodeScalarView
    private var depth = 0

    private static let deepest = 64

    /// The value that a text is; `nil` when it is none, or nested deeper than 64 times.
    static func parse(_ text: String) -> JSONValue? {
        var parser = JSONParser(rest: Substring(text).unicodeScalars)
        let value = parser.value()
        parser.skipSpace()
        return parser.rest.isEmpty ? value : nil
    }

    private init(rest: Substring.UnicodeScalarView) {
        self.rest = rest
    }

    private mutating func value() -> JSONValue? {
        skipSpace()
        switch rest.first {
        case "{": return nested { $0.object() }
        case "[": return nested { $0.array() }
        case "\"": return string().map(JSONValue.string)
        case "t": return take("true") ? .bool(true) : nil
        case "f": return take("false") ? .bool(false) : nil
        case "n": return take("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func nested(_ body: (inout JSONParser) -> JSONValue?) -> JSONValue? {
        guard depth < Self.deepest else { return nil }
        depth += 1
        defer { depth -= 1 }
        rest.removeFirst()
        return body(&self)
    }

    private mutating func object() -> JSONValue? {
        var members: [(String, JSONValue)] = []
        skipSpace()
        if take("}") { return .object([]) }
        while true {
            skipSpace()
            guard let name = string() else { return nil }
            skipSpace()
            guard take(":"), let value = value() else { return nil }
            members.append((name, value))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { return nil }
        }
    }

    private mutating func array() -> JSONValue? {
        var values: [JSONValue] = []
        skipSpace()
        if take("]") { return .array([]) }
        while true {
            guard let value = value() else { return nil }
            values.append(value)
            skipSpace()
            if take("]") { return .array(values) }
            guard take(",") else { return nil }
        }
    }

    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(text)
            case "\\":
                guard let escaped = escaped() else { return nil }
                text.append(escaped)
            case "\u{0}"..."\u{1F}": return nil
            default: text.append(scalar)
            }
        }
        return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
        switch rest.popFirst() {
        case "\"": return "\""
        case "\\": return "\\"
        case "/": return "/"
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            guard let first = unit() else { return nil }
            guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
            guard take("\\u"), let second = unit(), (0xDC00..<0xE000).contains(second) else { return nil }
            return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        default: return nil
        }
    }

    private mutating func unit() -> UInt32? {
        let digits = String(rest.prefix(4))
        guard digits.utf8.count == 4, let value = UInt32(digits, radix: 16) else { return nil }
        rest.removeFirst(4)
        return value
    }

    private mutating func number() -> JSONValue? {
        let text = String(rest.prefix { "+-.0123456789eE".unicodeScalars.contains($0) })
        rest.removeFirst(text.unicodeScalars.count)
        if let integer = Int(text) { return .integer(integer) }
        return Double(text).map(JSONValue.number)
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest.removeFirst(text.unicodeScalars.count)
        return true
    }

    private mutating func skipSpace() {
        while let first = rest.first, " \n\r\t".unicodeScalars.contains(first) { rest.removeFirst() }
    }
}
