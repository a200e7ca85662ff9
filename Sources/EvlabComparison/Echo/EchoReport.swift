/// The outcome of an echo comparison.
public struct EchoReport: Sendable {
    public let machine: Machine
    public let options: EchoOptions
    /// By cell and then by subject, as in the options.
    public let measurements: [[EchoMeasurement]]
    let loadAfter: String

    /// The tables and what is to be said about them.
    public var text: String {
        let tables = options.cells.indices.map { title($0) + "\n" + table(rows($0)) }
        return (tables + [notes.joined(separator: "\n")]).joined(separator: "\n\n")
    }

    private func title(_ cell: Int) -> String {
        let connections = counted(options.cells[cell].connections, "connection")
        let size = byteSize(options.cells[cell].size)
        return "echo: \(connections) x \(size), median of \(counted(options.rounds, "round")) of \(options.seconds) s"
    }

    private func rows(_ cell: Int) -> [[String]] {
        let header = [
            "server", "messages/s", "p50 us", "p99 us", "CPU s/million", "user", "calls/message",
            "x \(options.subjects[0].rawValue)", "lowest-highest",
        ]
        return [header] + measurements[cell].map { row($0, comparedWith: measurements[cell][0]) }
    }

    private func row(_ measurement: EchoMeasurement, comparedWith first: EchoMeasurement) -> [String] {
        let ratio = measurement.ratio(to: first)
        return [
            measurement.subject.rawValue + (measurement.isLimitedByGenerator ? " *" : ""),
            grouped(measurement.middle(\.rate)),
            fixed(measurement.middle { Double($0.p50) / 1000 }, 0),
            fixed(measurement.middle { Double($0.p99) / 1000 }, 0),
            fixed(measurement.middle(\.serverCPUPerMillion), 2),
            fixed(measurement.userCPUPerMillion, 2),
            measurement.systemCalls.text,
            ratio.map { fixed($0.median, 2) } ?? "-",
            ratio.map { fixed($0.lowest, 2) + "-" + fixed($0.highest, 2) } ?? "-",
        ]
    }

    private var notes: [String] {
        var notes = ["\(machine)", "method \(options.method) | seed \(options.seed) | load afterwards \(loadAfter)"]
        let all = measurements.joined()
        if all.contains(where: \.isLimitedByGenerator) {
            notes.append(
                "* the load generator was busy for over 90 % of its core: the server may be faster; compare its CPU"
            )
        }
        if let reason = all.lazy.compactMap(\.systemCalls.reason).first {
            notes.append("system calls are missing: \(reason)")
        }
        if machine.isBusy {
            notes.append("Other work kept the machine busy (load \(machine.load)): trust CPU and calls, not the clock.")
        }
        if machine.isDebugBuild {
            notes.append("This is a debug build: its Swift servers say nothing. Build for release.")
        }
        return notes + [Self.limits]
    }

    static let limits = """
        CPU is the server's own, user and kernel; x is the ratio of messages a second, round by round.
        Not shown: a real network, clients on other hosts, more than one core for a server, idle connections, long runs.
        """

    /// Everything that was measured.
    public var json: JSONValue {
        .object([
            ("workload", .string("echo")), ("method", .string(options.method)), ("seed", .string(String(options.seed))),
            ("rounds", .integer(options.rounds)), ("seconds", .number(options.seconds)),
            ("warmUp", .number(options.warmUp)),
            ("environment", machine.json), ("loadAverageAfter", .string(loadAfter)),
            ("cells", .array(options.cells.indices.map(json))),
            ("limits", .string(Self.limits)),
        ])
    }

    private func json(_ cell: Int) -> JSONValue {
        .object([
            ("connections", .integer(options.cells[cell].connections)), ("size", .integer(options.cells[cell].size)),
            ("subjects", .array(measurements[cell].map { json($0, comparedWith: measurements[cell][0]) })),
        ])
    }

    private func json(_ measurement: EchoMeasurement, comparedWith first: EchoMeasurement) -> JSONValue {
        .object([
            ("name", .string(measurement.subject.rawValue)),
            ("limitedByGenerator", .bool(measurement.isLimitedByGenerator)),
            ("systemCallsPerMessage", measurement.systemCalls.json),
            ("ratio", measurement.ratio(to: first)?.json ?? .null),
            ("samples", .array(measurement.samples.map(\.json))),
        ])
    }
}

extension SystemCalls.Count {
    fileprivate var text: String {
        switch self {
        case .perMessage(let count): fixed(count, 2)
        case .unknown: "-"
        }
    }

    fileprivate var reason: String? {
        switch self {
        case .perMessage: nil
        case .unknown(let reason): reason
        }
    }

    fileprivate var json: JSONValue {
        switch self {
        case .perMessage(let count): .number(count)
        case .unknown: .null
        }
    }
}

extension PairedRatio {
    fileprivate var json: JSONValue {
        .object([("median", .number(median)), ("lowest", .number(lowest)), ("highest", .number(highest))])
    }
}
