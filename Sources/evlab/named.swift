internal import ArgumentParser

/// The value of a name, or what the names are.
func named<Value: RawRepresentable<String> & CaseIterable>(_ name: String) throws -> Value {
    if let value = Value(rawValue: name) { return value }
    let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("'\(name)' is not known: use \(names)")
}
