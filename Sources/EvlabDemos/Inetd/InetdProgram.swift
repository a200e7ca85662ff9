/// A program that is started for each connection, with the connection as its standard input, output and error.
public struct InetdProgram: Hashable, Sendable {
    /// From the root.
    public var path: String
    public var arguments: [String]
    /// How many may run at a time, at least 1.
    public var atOnce = 20
    /// How many connections may wait for their turn; one more is closed at once.
    public var waiting = 100
    /// How many may start in a second, evenly spaced; `nil` for any number.
    public var perSecond: Int?

    public init(path: String, arguments: [String] = []) {
        self.path = path
        self.arguments = arguments
    }
}
