/// The table that `strace -c` writes when a program has ended.
package enum StraceSummary {
    /// Libevent sets a timer before it waits on epoll, where its timers are precise.
    private static let waiting: Set<Substring> = [
        "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect6", "timerfd_settime",
    ]

    /// All calls, and those of them that wait for events or prepare a wait; `nil` when the text holds no such table.
    package static func totals(of text: some StringProtocol) -> (calls: Int, waits: Int)? {
        let rows = Substring(text).split(separator: "\n").map { $0.split(separator: " ") }.filter(isRow)
        var (calls, waits) = (0, 0)
        for row in rows {
            guard let count = Int(row[3]), let name = row.last else { return nil }
            calls += count
            if waiting.contains(name) { waits += count }
        }
        return rows.isEmpty ? nil : (calls, waits)
    }

    /// Percent, seconds, microseconds a call, calls, perhaps errors, and the name; the last row is their sum.
    private static func isRow(_ fields: [Substring]) -> Bool {
        guard let first = fields.first, let last = fields.last, fields.count >= 5 else { return false }
        return Double(first) != nil && last != "total"
    }
}
