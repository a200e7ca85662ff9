extension Conditions {
    /// The tables as text, at most 100 columns wide.
    public var text: String {
        (groups.flatMap(Self.lines) + [exceptionalSummary, ""] + waitLines + [""] + remainderLines)
            .joined(separator: "\n")
    }

    // MARK: States

    private static func lines(_ group: ConditionGroup) -> [String] {
        let header = row(group.name.uppercased(), "select", "poll", "epoll")
        return [header] + group.conditions.flatMap(lines) + [""]
    }

    private static func lines(_ condition: Condition) -> [String] {
        let answers = condition.answers
        let first = row(
            condition.state,
            answers.select.isEmpty ? "-" : answers.select.joined(),
            answers.poll.isEmpty ? "-" : answers.poll.joined(separator: " "),
            answers.epoll.isEmpty ? "-" : answers.epoll.joined(separator: " ")
        )
        return [first] + condition.calls.map { "    \($0.name): \($0.result)" }
    }

    private static func row(_ state: String, _ select: String, _ poll: String, _ epoll: String) -> String {
        columns([(state, 49), (select, 8), (poll, 22), (epoll, 0)])
    }

    private var exceptionalSummary: String {
        let conditions = groups.flatMap(\.conditions)
        let count = conditions.count { $0.answers.select.contains("x") }
        return "Of these \(conditions.count) states, \(count) put the socket into select's third set."
    }

    // MARK: Waits

    private var waitLines: [String] {
        let header = Self.waitRow(
            ["WAITS", "limit 0", "limit 20 ms", "no limit", "no limit,"],
            ["", "", "", "ready after 20 ms", "a signal after 20 ms"]
        )
        let rows = WaitCall.allCases.map { call in
            Self.waitRow([call.rawValue] + waits.filter { $0.call == call }.map(Self.cell))
        }
        return header + rows.flatMap(\.self)
    }

    private static func waitRow(_ rows: [String]...) -> [String] {
        rows.map { columns(Array(zip($0, [14, 18, 20, 22, 0]))) }
    }

    private static func cell(_ wait: TimedWait) -> String {
        "\(wait.result) after \(milliseconds(wait.nanoseconds)) ms"
    }

    // MARK: Remainders

    private var remainderLines: [String] {
        let header = ("AFTER A SELECT THAT", "returned", "of its limit", "of the 2 in its set")
        return [Self.remainderRow(header)] + remainders.map { Self.remainderRow(Self.cells($0)) }
    }

    private static func cells(_ remainder: SelectRemainder) -> (String, String, String, String) {
        let isPlain = remainder.call == .select
        let end =
            switch remainder.end {
            case .ready: "found one ready after 20 ms"
            case .expired: "found nothing in time"
            case .interrupted: "was interrupted after 20 ms"
            case .failed: "was given a closed descriptor"
            }
        return (
            isPlain ? end : "is a \(remainder.call.rawValue), and \(end)",
            remainder.result,
            "\(milliseconds(remainder.left)) of \(milliseconds(remainder.given, 0)) ms left",
            "\(remainder.stillInSet) left"
        )
    }

    private static func remainderRow(_ cells: (String, String, String, String)) -> String {
        columns([(cells.0, 46), (cells.1, 10), (cells.2, 25), (cells.3, 0)])
    }

    // MARK: Columns

    /// - Parameter cells: each with the width of its column, which it may not reach.
    private static func columns(_ cells: [(String, Int)]) -> String {
        cells.map { text, width in text + String(repeating: " ", count: max(0, width - text.count)) }.joined()
    }

    private static func milliseconds(_ nanoseconds: Int64, _ decimals: Int = 3) -> String {
        let scale: Int64 = (0..<decimals).reduce(1) { power, _ in power * 10 }
        let value = (nanoseconds * scale + 500_000) / 1_000_000
        guard decimals > 0 else { return String(value) }
        let fraction = String(value % scale)
        return "\(value / scale).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
    }
}
