/// What a demonstration can run on.
struct DemoVariant: Sendable, CustomStringConvertible {
    let engine: String
    let method: String

    var arguments: [String] { ["--engine", engine, "--method", method] }
    var description: String { "\(engine) \(method)" }

    static let all: [DemoVariant] =
        ["epoll", "poll", "select"].map { DemoVariant(engine: "native", method: $0) }
        + ["epoll", "epoll-changelist", "poll", "select"].map { DemoVariant(engine: "libevent", method: $0) }

    /// One of each engine.
    static let engines = all.filter { $0.method == "epoll" }
}
