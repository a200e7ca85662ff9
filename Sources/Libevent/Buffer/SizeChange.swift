/// How the number of bytes in a buffer changed since the last report.
public struct SizeChange: Hashable, Sendable {
    /// The bytes queued at the last report.
    public let before: Int
    /// The bytes added since.
    public let added: Int
    /// The bytes taken or dropped since.
    public let removed: Int

    /// The bytes queued when the report was made.
    public var after: Int { before + added - removed }
}
