/// A way in which `evlab demo echo` can serve.
struct EchoVariant: Sendable, CustomStringConvertible {
    let arguments: [String]

    var description: String { arguments.filter { !$0.hasPrefix("--") }.joined(separator: " ") }

    private init(_ api: String, _ method: String, _ trigger: String) {
        arguments = ["--api", api, "--method", method, "--trigger", trigger]
    }

    private static let methods = ["epoll", "epoll-changelist", "poll", "select"]

    /// Every combination that the command takes.
    static let all: [EchoVariant] =
        methods.map { EchoVariant("bufferevent", $0, "level") }
        + methods.map { EchoVariant("event", $0, "level") }
        + ["epoll", "epoll-changelist"].map { EchoVariant("event", $0, "edge") }
        + ["level", "edge"].map { EchoVariant("multiplexer", "epoll", $0) }
        + ["epoll", "poll", "select"].map { EchoVariant("reactor", $0, "level") }
        + [EchoVariant("reactor", "epoll", "edge")]

    /// One of each interface.
    static let interfaces = [
        EchoVariant("bufferevent", "epoll", "level"), EchoVariant("event", "epoll", "level"),
        EchoVariant("multiplexer", "epoll", "edge"), EchoVariant("reactor", "epoll", "level"),
    ]

    /// The ones that take any number of descriptors.
    static let unlimited = all.filter { !$0.arguments.contains("select") || $0.arguments.contains("reactor") }
}
