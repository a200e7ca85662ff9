import Testing

/// Who is told how often of what is written, for one arrangement of epoll instances and waiters.
struct WakeUpCase: Sendable, CustomTestStringConvertible {
    struct Waiter {
        enum Way: String {
            /// Looks without waiting.
            case look = "w0"
            /// Asks poll(2) about the instance, without waiting, then looks.
            case pollAndLook = "pw"
            /// Waits.
            case wait = "ew"
            /// Waits in poll(2) on the instance, then looks once.
            case waitInPoll = "p"
            /// As above, again until it finds something.
            case waitInPollForSure = "pl"
        }

        let way: Way
        let instance: Int

        /// From a text such as `ew@e0`.
        init?(_ text: some StringProtocol) {
            let parts = text.split(separator: "@")
            guard parts.count == 2, let way = Way(rawValue: String(parts[0])), let instance = Int(parts[1].dropFirst())
            else { return nil }
            self.way = way
            self.instance = instance
        }
    }

    let name: String
    let tree: String
    let capacity: Int
    let waiters: String
    let sockets: [Int]
    let expectation: String

    init?(row: Substring) {
        let cells = row.split(separator: "|").map { cell in
            String(cell.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }
        guard cells.count == 6, let capacity = Int(cells[2]) else { return nil }
        name = cells[0]
        tree = cells[1]
        self.capacity = capacity
        waiters = cells[3]
        sockets = cells[4].split(separator: " ").compactMap { Int($0.dropFirst()) }
        expectation = cells[5]
    }

    var testDescription: String { "\(name): \(tree), \(waiters)" }

    /// The one that looks twice, or `nil` when threads wait.
    var twice: Waiter? {
        guard waiters.hasSuffix(" x2") else { return nil }
        return Waiter(waiters.dropLast(3))
    }

    /// The threads' waiters, in their order.
    var threads: [Waiter] {
        waiters.split(separator: " ").compactMap { Waiter($0.dropFirst(3)) }
    }
}
