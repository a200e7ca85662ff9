internal import ArgumentParser

/// A reader of numbers in a range, for an option; what it says of others names the range.
func number(in range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
    { text in
        guard let number = Int(text), range.contains(number) else {
            throw ValidationError("use \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// The same for seconds.
func seconds(in range: ClosedRange<Double>) -> @Sendable (String) throws -> Double {
    { text in
        guard let seconds = Double(text), range.contains(seconds) else {
            let bounds = [range.lowerBound, range.upperBound].map { $0 == $0.rounded() ? String(Int($0)) : String($0) }
            throw ValidationError("use \(bounds[0]) to \(bounds[1]) seconds")
        }
        return seconds
    }
}

/// The value of a name, or what the names are.
func named<Value: RawRepresentable<String> & CaseIterable>(_ name: String) throws -> Value {
    if let value = Value(rawValue: name) { return value }
    let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("'\(name)' is not known: use \(names)")
}
