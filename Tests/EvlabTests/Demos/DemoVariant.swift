/// What a demonstration can run on.
struct DemoVariant: Sendable, CustomStringConvertible {
    let engine: String
    let method: String

    var arguments: [String] { ["--engine", engine, "--method", method] }
    var description: String { "\(engine) \(method)" }

    /// Every engine with every method; one of each engine where a sanitizer makes everything slow, for every method is
    /// under it in the tests of the libraries.
    static let all = isSanitized ? engines : combinations

    private static let combinations: [DemoVariant] =
        ["epoll", "poll", "select"].map { DemoVariant(engine: "native", method: $0) }
        + ["epoll", "epoll-changelist", "poll", "select"].map { DemoVariant(engine: "libevent", method: $0) }

    /// One of each engine.
    static let engines = combinations.filter { $0.method == "epoll" }
}
