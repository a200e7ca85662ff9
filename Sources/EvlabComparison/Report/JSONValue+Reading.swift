extension JSONValue {
    /// The value that a text is; `nil` when it is not JSON.
    public init?(parsing text: String) {
        guard let value = JSONParser.parse(text) else { return nil }
        self = value
    }

    /// The first member with the name; `nil` when there is none, or when this is no object.
    public subscript(_ name: String) -> JSONValue? {
        guard case .members(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The number, whole or not.
    public var asNumber: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The number, if it is whole.
    public var asInteger: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    public var asString: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    public var asBool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    public var asArray: [JSONValue]? {
        guard case .array(let values) = self else { return nil }
        return values
    }
}
