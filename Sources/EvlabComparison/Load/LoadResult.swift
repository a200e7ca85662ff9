/// What a load generator measured. It travels from the generator's process as one line of JSON.
public struct LoadResult: Hashable, Sendable {
    /// Messages that came back whole.
    public var messages: Int
    /// The time that they took, in seconds.
    public var seconds: Double
    /// Nanoseconds from the sending of a message to the last byte of its echo, at these percentiles.
    public var p50, p90, p99, p999, longest: Int
    /// CPU seconds of the generator in that time.
    public var generatorCPU: Double
    /// CPU seconds of the server in that time, and the user part of them; 0 when no server was named.
    public var serverCPU, serverUserCPU: Double

    /// Messages a second.
    public var rate: Double { Double(messages) / seconds }
    /// How much of its core the generator used, 0 to 1.
    public var generatorShare: Double { generatorCPU / seconds }
    /// CPU seconds of the server for a million messages.
    public var serverCPUPerMillion: Double { serverCPU / Double(messages) * 1_000_000 }
}

extension LoadResult {
    /// The result as JSON.
    public var json: JSONValue {
        .object([
            ("messages", .integer(messages)), ("seconds", .number(seconds)),
            ("p50", .integer(p50)), ("p90", .integer(p90)), ("p99", .integer(p99)), ("p99.9", .integer(p999)),
            ("max", .integer(longest)),
            ("generatorCPU", .number(generatorCPU)),
            ("serverCPU", .number(serverCPU)), ("serverUserCPU", .number(serverUserCPU)),
        ])
    }

    /// The result from the line that ``json`` prints as; `nil` when it is anything else.
    public init?(line: String) {
        guard line.hasPrefix("{"), line.hasSuffix("}") else { return nil }
        var values: [String: Double] = [:]
        for field in line.dropFirst().dropLast().split(separator: ",") {
            let parts = field.split(separator: ":").map { $0.filter { $0 != " " && $0 != "\"" } }
            guard parts.count == 2, let value = Double(parts[1]) else { return nil }
            values[parts[0]] = value
        }
        func integer(_ name: String) -> Int? { values[name].flatMap { Int(exactly: $0) } }
        guard
            let messages = integer("messages"), let seconds = values["seconds"], messages > 0, seconds > 0,
            let p50 = integer("p50"), let p90 = integer("p90"), let p99 = integer("p99"), let p999 = integer("p99.9"),
            let longest = integer("max"), let generatorCPU = values["generatorCPU"],
            let serverCPU = values["serverCPU"], let serverUserCPU = values["serverUserCPU"]
        else { return nil }
        self.init(
            messages: messages,
            seconds: seconds,
            p50: p50,
            p90: p90,
            p99: p99,
            p999: p999,
            longest: longest,
            generatorCPU: generatorCPU,
            serverCPU: serverCPU,
            serverUserCPU: serverUserCPU
        )
    }
}
