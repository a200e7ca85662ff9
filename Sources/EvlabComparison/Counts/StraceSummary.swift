internal import Sockets

/// System calls a message, counted by strace as the difference between two run lengths: what starting and ending cost
/// falls out.
package enum SystemCalls {
    /// Either the count, or why there is none.
    package enum Count: Hashable, Sendable {
        case each(Double)
        case unknown(String)
    }

    /// Tracing is slow, and the number of connections matters only for how many share a wait.
    static let mostConnections = 50

    /// Whether the messages of a workload can be counted out.
    static func canCount(_ workload: Workload) -> Bool {
        workload == .echo || workload == .pipeline
    }

    static func count(
        _ subject: Subject,
        _ setting: Setting,
        cores: Cores,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> Count {
        let connections = setting.workload == .pipeline ? Setting.pipelineConnections : min(setting.n, mostConnections)
        let depth = setting.workload == .pipeline ? setting.n : 1
        let lengths = [connections * depth * 4, connections * depth * 20]
        var calls: [Int] = []
        for messages in lengths {
            let started = try startTraced(subject, setting.workload, cores: cores, waiting)
            guard let server = started.server else { return .unknown(started.reason) }
            let load = [
                try ownExecutable(), "generate", "--with-parent", "--connect", server.address.description,
                "--connections", String(connections), "--size", String(setting.width), "--depth", String(depth),
                "--messages", String(messages),
            ]
            guard var generator = try ChildProcess.start(load, core: cores.generator) else {
                throw ComparisonFailure("this program was moved away while it ran")
            }
            _ = try generator.readLine(waiting, within: .seconds(60))
            _ = try generator.finish(waiting)
            guard let total = total(of: try server.stop(waiting)) else { return .unknown("strace printed no counts") }
            calls.append(total)
        }
        return .each(Double(calls[1] - calls[0]) / Double(lengths[1] - lengths[0]))
    }

    private struct Started: ~Copyable {
        var server: ServerProcess?
        var reason = ""
    }

    private static func startTraced(
        _ subject: Subject,
        _ workload: Workload,
        cores: Cores,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> Started {
        do throws(ComparisonFailure) {
            let runner = ["strace", "-f", "-c", "--"]
            let server = try ServerProcess.start(subject, workload, core: cores.server, under: runner, waiting)
            return Started(server: server)
        } catch {
            if error.isInterruption { throw error }
            return Started(server: nil, reason: "strace (apt-get install strace) could not run a server: \(error)")
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

extension SystemCalls.Count {
    /// The count; `nil` when there is none.
    var value: Double? {
        guard case .each(let count) = self else { return nil }
        return count
    }

    /// Why there is none.
    var reason: String? {
        guard case .unknown(let reason) = self else { return nil }
        return reason
    }
}
