extension MultiplexingTable {
    /// Everything that was measured, each sample of it.
    public var json: JSONValue {
        .object([
            ("environment", machine.json),
            ("mostWatched", .integer(options.mostWatched)),
            ("runs", .integer(options.runs)),
            ("sections", .array(sections.map(\.json))),
            ("costs", .array(costs.cells.map(\.json))),
            ("closing", closing?.json ?? .null),
        ])
    }
}

extension TableSection {
    fileprivate var json: JSONValue {
        .object([
            ("title", .string(title)),
            ("claims", Self.ofEach(claims.map(JSONValue.string))),
            ("rows", .array(rows.map { .object([("label", .string($0.label)), ("cells", Self.ofEach($0.cells))]) })),
            ("settings", .object(settings.map { ($0.name, .string($0.value)) })),
            ("findings", .array(findings.map(\.json))),
        ])
    }

    private static func ofEach(_ cells: [JSONValue]) -> JSONValue {
        .object(Array(zip(["select", "poll", "epoll"], cells)))
    }
}
