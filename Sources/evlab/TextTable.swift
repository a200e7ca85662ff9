/// Rows of text in columns: the first to the left, the others, which are numbers, to the right.
struct TextTable: CustomStringConvertible {
    let rows: [[String]]

    init(_ rows: [[String]]) {
        self.rows = rows
    }

    var description: String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + padding : padding + cell.0
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
