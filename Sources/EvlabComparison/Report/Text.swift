/// A number with so many decimals, rounded; `-` when it is not finite or too great to print so.
public func fixed(_ value: Double, _ decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
    guard let scaled = Int(exactly: (value * scale).rounded()) else { return "-" }
    guard decimals > 0 else { return String(scaled) }
    let digits = String(scaled.magnitude)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return (scaled < 0 ? "-" : "") + padded.dropLast(decimals) + "." + padded.suffix(decimals)
}

/// A whole number with its thousands apart: 1,234,567.
public func grouped(_ value: Double) -> String {
    let text = fixed(value, 0)
    let digits = text.drop { $0 == "-" }
    guard !digits.isEmpty else { return text }
    var result = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
        result.append(digit)
    }
    return text.prefix(text.count - digits.count) + result
}

/// A size in bytes as people write it: 64 B, 16 KiB.
public func byteSize(_ bytes: Int) -> String {
    for (unit, shift) in [("MiB", 20), ("KiB", 10)] where bytes >= 1 << shift && bytes.isMultiple(of: 1 << shift) {
        return "\(bytes >> shift) \(unit)"
    }
    return "\(bytes) B"
}

/// A number of things: 1 round, 2 rounds, 3 processes.
public func counted(_ number: Int, _ thing: String) -> String {
    "\(number) \(thing)\(number == 1 ? "" : thing.hasSuffix("s") ? "es" : "s")"
}

/// Rows of text in columns: the first to the left, the others to the right.
public func table(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
        row.enumerated().map { column, cell in
            let padding = String(repeating: " ", count: widths[column] - cell.count)
            return column == 0 ? cell + padding : padding + cell
        }.joined(separator: "  ")
    }.joined(separator: "\n")
}
