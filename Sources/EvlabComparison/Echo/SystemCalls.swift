internal import Sockets

/// System calls a message, counted by strace as the difference between two run lengths: what starting and ending cost
/// falls out.
package enum SystemCalls {
    /// Either the count, or why there is none.
    package enum Count: Hashable, Sendable {
        case perMessage(Double)
        case unknown(String)
    }

    /// Tracing is slow, and the number of connections matters only for how many share a wait.
    static let mostConnections = 50

    static func count(
        _ subject: EchoSubject,
        _ cell: EchoCell,
        method: String,
        cores: Cores,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> Count {
        let connections = min(cell.connections, mostConnections)
        let lengths = [connections * 4, connections * 20]
        var calls: [Int] = []
        for messages in lengths {
            let started = try startTraced(subject, method: method, cores: cores, waiting)
            guard let server = started.server else { return .unknown(started.reason) }
            let plan = LoadPlan(
                address: server.address,
                connections: connections,
                size: cell.size,
                amount: .messages(messages)
            )
            _ = try LoadProcess.run(plan, core: cores.generator, waiting)
            guard let total = total(of: try server.stop(waiting)) else { return .unknown("strace printed no counts") }
            calls.append(total)
        }
        return .perMessage(Double(calls[1] - calls[0]) / Double(lengths[1] - lengths[0]))
    }

    private struct Started: ~Copyable {
        var server: ServerProcess?
        var reason = ""
    }

    private static func startTraced(
        _ subject: EchoSubject,
        method: String,
        cores: Cores,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> Started {
        do throws(ComparisonFailure) {
            let runner = ["strace", "-f", "-c", "--"]
            let server = try ServerProcess.start(subject, method: method, core: cores.server, under: runner, waiting)
            return Started(server: server, reason: "strace is not installed: apt-get install strace")
        } catch {
            if error.isInterruption { throw error }
            return Started(server: nil, reason: "strace could not run the server: \(error)")
        }
    }

    /// The number of calls in the summary that `strace -c` prints; `nil` when the lines hold none.
    package static func total(of summary: [String]) -> Int? {
        let rows = summary.map { $0.split(separator: " ") }.filter(isRow)
        let counts = rows.compactMap { Int($0[3]) }
        return counts.isEmpty || counts.count != rows.count ? nil : counts.reduce(0, +)
    }

    /// Percent, seconds, microseconds a call, calls, perhaps errors, and the name; the last row is their sum.
    private static func isRow(_ fields: [Substring]) -> Bool {
        guard let first = fields.first, let last = fields.last, fields.count >= 5 else { return false }
        return Double(first) != nil && last != "total"
    }
}
