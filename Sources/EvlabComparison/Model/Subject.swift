/// Something that does a workload, and that can be compared with others that do the same.
public struct Subject: Hashable, Sendable {
    /// Who waits for the kernel, and who wrote it.
    public enum Family: String, Sendable {
        case native, libevent
        /// Plain C, on libevent or on the kernel.
        case plainC = "c"
        /// A program of others, or of the user.
        case peer
    }

    public let name: String
    public let explanation: String
    public let family: Family
    /// The same in plain C: beside it, the cost of the Swift code alone shows.
    public let twin: String?
    /// The program that runs it, unless that is this one.
    let program: String?

    /// Whether it looks at every descriptor for each event.
    var scans: Bool { name.contains("select") || name.contains("poll") && !name.contains("epoll") }

    public init(_ name: String, _ family: Family, twin: String? = nil, program: String? = nil, _ explanation: String) {
        self.name = name
        self.family = family
        self.twin = twin
        self.program = program
        self.explanation = explanation
    }
}
