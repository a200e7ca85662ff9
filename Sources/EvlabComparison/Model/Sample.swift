/// What was measured once. It travels from the process that measured as one line of JSON.
public struct Sample: Hashable, Sendable {
    /// How much was done, at least 1.
    public var operations: Int
    /// How long it took, in seconds, more than 0.
    public var seconds: Double
    /// CPU seconds of the subject, and the user part of them.
    public var cpu = 0.0, userCPU = 0.0
    /// How much of its core the load generator used, 0 to 1; 0 where there is none.
    public var generatorShare = 0.0
    /// Bytes of the subject's own memory.
    public var memory = 0
    /// Nanoseconds of delay at each of ``percentiles``; empty where no delays were taken.
    public var delays: [Int] = []

    /// The last one is the longest.
    public static let percentiles = [50.0, 75, 90, 95, 99, 99.5, 99.9, 99.99, 100]

    public init(operations: Int, seconds: Double) {
        self.operations = operations
        self.seconds = seconds
    }

    /// Nanoseconds for one operation.
    public var each: Double { seconds * 1_000_000_000 / Double(operations) }

    /// The delay at a percentile; `nil` where none were taken.
    public func delay(at percentile: Double) -> Int? {
        zip(Self.percentiles, delays).first { $0.0 == percentile }?.1
    }
}

extension Sample {
    /// The sample as JSON.
    public var json: JSONValue {
        .object([
            ("operations", .integer(operations)), ("seconds", .number(seconds)), ("cpu", .number(cpu)),
            ("userCPU", .number(userCPU)), ("generatorShare", .number(generatorShare)), ("memory", .integer(memory)),
            ("delays", .array(delays.map(JSONValue.integer))),
        ])
    }

    /// The sample that ``json`` prints as; `nil` when it is anything else.
    public init?(_ json: JSONValue) {
        guard let operations = json["operations"]?.asInteger, operations > 0,
            let seconds = json["seconds"]?.asNumber, seconds > 0, seconds.isFinite
        else { return nil }
        self.init(operations: operations, seconds: seconds)
        cpu = json["cpu"]?.asNumber ?? 0
        userCPU = json["userCPU"]?.asNumber ?? 0
        generatorShare = json["generatorShare"]?.asNumber ?? 0
        memory = json["memory"]?.asInteger ?? 0
        delays = (json["delays"]?.asArray ?? []).compactMap(\.asInteger)
        guard delays.isEmpty || delays.count == Self.percentiles.count else { return nil }
    }
}
