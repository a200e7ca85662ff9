/// How worker threads share their clients.
public struct OneShotOptions: Hashable, Sendable {
    /// 1 or more.
    public var workers = 4
    /// How long a worker pretends to work after each read.
    public var workTime: Duration = .seconds(1)
    /// Whether clients are one-shot. Without it two workers can be handed the same one.
    public var isOneShot = true
    /// Whether the listener is one-shot too and never rearmed. Only one client is ever let in.
    public var hasOneShotListener = false
    /// How long clients may stay after the first signal.
    public var grace: Duration = .seconds(2)

    public init() {}
}
