/// What one operation more, and one connection more, cost a subject, in numbers that do not depend on the clock.
public struct CostCounts: Hashable, Sendable {
    /// Each is `nil` where it was not counted.
    public struct Cost: Hashable, Sendable {
        /// In user space.
        public var instructions: Double?
        /// Calls of `malloc` and its kin.
        public var allocations: Double?
        public var systemCalls: Double?
        /// Those of the system calls that wait for events or prepare a wait. How many operations share one is for the machine to
        /// say.
        public var waits: Double?
        /// Bytes of memory of its own.
        public var memory: Double?

        public init() {}
    }

    /// An operation of the workload.
    public var operation = Cost()
    /// From its acceptance to its end; its memory after a message.
    public var connection = Cost()
    /// Why some are missing: a line for each tool.
    public var complaints: [String] = []

    public init() {}
}

extension CostCounts {
    /// The counts as JSON.
    public var json: JSONValue {
        .object([
            ("operation", operation.json), ("connection", connection.json),
            ("complaints", .array(complaints.map(JSONValue.string))),
        ])
    }

    /// The counts that ``json`` prints as; `nil` when it is anything else.
    init?(_ json: JSONValue) {
        guard let operation = json["operation"], let connection = json["connection"] else { return nil }
        self.operation = Cost(operation)
        self.connection = Cost(connection)
        complaints = (json["complaints"]?.asArray ?? []).compactMap(\.asString)
    }
}

extension CostCounts.Cost {
    fileprivate var json: JSONValue {
        func value(_ number: Double?) -> JSONValue { number.map(JSONValue.number) ?? .null }
        return .object([
            ("instructions", value(instructions)), ("allocations", value(allocations)),
            ("systemCalls", value(systemCalls)), ("waits", value(waits)), ("memory", value(memory)),
        ])
    }

    fileprivate init(_ json: JSONValue) {
        instructions = json["instructions"]?.asNumber
        allocations = json["allocations"]?.asNumber
        systemCalls = json["systemCalls"]?.asNumber
        waits = json["waits"]?.asNumber
        memory = json["memory"]?.asNumber
    }
}
