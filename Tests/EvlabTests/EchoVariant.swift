/// A way in which `evlab demo echo` can serve.
struct EchoVariant: Sendable, CustomStringConvertible {
    let arguments: [String]

    var description: String { arguments.filter { !$0.hasPrefix("--") }.joined(separator: " ") }

    private init(_ api: String, _ method: String, _ trigger: String) {
        arguments = ["--api", api, "--method", method, "--trigger", trigger]
    }

    private init(_ api: String, on engine: String, _ method: String) {
        arguments = ["--api", api, "--engine", engine, "--method", method]
    }

    /// On loops, with both engines.
    private static let onLoops = ["chunks", "async"].flatMap { api in
        ["epoll", "poll", "select"].map { EchoVariant(api, on: "native", $0) }
            + methods.map { EchoVariant(api, on: "libevent", $0) }
    }

    private static let methods = ["epoll", "epoll-changelist", "poll", "select"]

    /// Every combination that the command takes; one of each interface where a sanitizer makes everything slow, for
    /// every method is under it in the tests of the libraries.
    static let all = isSanitized ? interfaces : combinations

    private static let combinations: [EchoVariant] =
        methods.map { EchoVariant("bufferevent", $0, "level") }
        + methods.map { EchoVariant("event", $0, "level") }
        + ["epoll", "epoll-changelist"].map { EchoVariant("event", $0, "edge") }
        + ["level", "edge"].map { EchoVariant("multiplexer", "epoll", $0) }
        + ["epoll", "poll", "select"].map { EchoVariant("reactor", $0, "level") }
        + [EchoVariant("reactor", "epoll", "edge")]
        + onLoops

    /// One of each interface.
    static let interfaces = [
        EchoVariant("bufferevent", "epoll", "level"), EchoVariant("event", "epoll", "level"),
        EchoVariant("multiplexer", "epoll", "edge"), EchoVariant("reactor", "epoll", "level"),
        EchoVariant("chunks", on: "native", "epoll"), EchoVariant("chunks", on: "libevent", "epoll"),
        EchoVariant("async", on: "native", "epoll"), EchoVariant("async", on: "libevent", "epoll"),
    ]

    /// Those that take any number of descriptors.
    static let unlimited = all.filter { variant in
        let arguments = variant.arguments
        return !arguments.contains("select") || arguments.contains("reactor") || arguments.contains("native")
    }
}
