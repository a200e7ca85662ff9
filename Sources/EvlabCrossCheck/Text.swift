/// How numbers and tables are written in reports.
enum Text {
    /// Rows in columns, divided by bars.
    static func table(_ rows: [[String]]) -> String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + spaces(widths[index] - cell.count)
            }
            return cells.joined(separator: " | ")
        }.joined(separator: "\n")
    }

    /// At the right of so many columns.
    static func padded(_ text: String, _ width: Int) -> String {
        spaces(width - text.count) + text
    }

    static func spaces(_ count: Int) -> String {
        String(repeating: " ", count: max(0, count))
    }

    /// With commas between the thousands.
    static func grouped(_ number: Int) -> String {
        var digits = String(number)
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = String(digits.dropLast(3))
        }
        return ([Substring(digits)] + groups).joined(separator: ",")
    }

    /// A number and its name a line.
    static func list(_ values: [(String, Int)]) -> [String] {
        values.map { name, count in "  \(padded(grouped(count), 12))  \(name)" }
    }

    /// The same with three in a line.
    static func columns(_ values: [(String, Int)]) -> [String] {
        let cells = values.map { name, count in padded(grouped(count), 10) + "  " + name + spaces(22 - name.count) }
        return stride(from: 0, to: cells.count, by: 3).map { start in
            var line = cells[start..<min(start + 3, cells.count)].joined()
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
