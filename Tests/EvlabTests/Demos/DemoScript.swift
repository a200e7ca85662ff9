/// What somebody does with a demonstration, and what must come of it on whatever it runs.
struct DemoScript: Sendable, CustomStringConvertible {
    let description: String
    /// What follows `evlab demo`, but for the variant.
    let arguments: [String]
    /// What follows that, one after another until all goes well: for what a slow machine may spoil.
    var tries: [[String]] = [[]]
    /// What else a variant needs.
    var more: @Sendable (DemoVariant) -> [String] = { _ in [] }
    /// The names that the server gives to where it listens.
    let places: [String]
    /// Every answer that the clients get, and the line of totals.
    let transcript: String
    /// Goes through it and returns the transcript. It ends the server.
    let run: @Sendable (inout DemoServer) throws -> String

    static let all: [DemoScript] = [.chat, .chatOnTasks, .echo, .idle, .inetd]
}
