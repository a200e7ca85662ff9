/// One state of a socket: what select, poll and epoll said of it, and what calls on it then returned.
public struct Condition: Hashable, Sendable {
    /// How the state was brought about.
    public let state: String
    public let answers: ReadinessAnswers
    /// The calls that were made after the answers, in their order.
    public internal(set) var calls: [Call] = []

    /// A call that followed, and what it returned.
    public struct Call: Hashable, Sendable {
        public let name: String
        public let result: String
    }
}
