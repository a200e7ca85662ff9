/// A program and how to start it.
public struct Program: Hashable, Sendable {
    /// A path, or a name that is looked for in PATH.
    public var path: String
    /// What it is given, without its own name.
    public var arguments: [String]
    /// Its environment, or `nil` for ours.
    public var environment: [String: String]?
    /// Where it starts, or `nil` for where we are.
    public var directory: String?
    public var input = StandardStream.shared
    public var output = StandardStream.shared
    public var errors = StandardStream.shared

    /// The one CPU that it may use, by its number.
    package var core: Int?
    /// Whether the kernel kills it when the thread that started it ends, however that comes about.
    package var diesWithThread = false

    public init(_ path: String, _ arguments: [String] = []) {
        self.path = path
        self.arguments = arguments
    }
}
