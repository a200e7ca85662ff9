public import Sockets

/// What is done to a traced socket: the same under every mode.
public struct TraceScript: Hashable, Sendable {
    public let actions: [TraceAction]

    /// The most bytes of one write or read: far fewer than a socket holds, so that no write falls short.
    static let mostBytes = 1000
    /// The most steps: more would not be a picture any more.
    static let mostSteps = 64

    /// Steps with spaces between them: `wN` (the peer writes N bytes), `rN` (one read of N bytes at most), `drain`, `wait`,
    /// `rearm`, `end`.
    ///
    /// - Throws: `invalidArgument` for another word, for no step at all and for what the peer does after its end, `outOfRange` for a count outside 1 to 1,000 and
    ///   for more than 64 steps.
    public init(_ text: String) throws(IOError) {
        var actions: [TraceAction] = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            actions.append(try TraceAction(word: word))
        }
        guard !actions.isEmpty else {
            throw IOError("script", .invalidArgument, detail: "'\(text)' has no step: try \"w5 wait r2 wait w3 wait\"")
        }
        guard actions.count <= Self.mostSteps else {
            throw IOError("script", .outOfRange, detail: "\(actions.count) steps: use at most \(Self.mostSteps)")
        }
        if let end = actions.firstIndex(of: .end), let late = actions[end...].dropFirst().first(where: \.isOfPeer) {
            let reason = "'\(late)' comes after the peer has finished: put it before 'end'"
            throw IOError("script", .invalidArgument, detail: reason)
        }
        self.actions = actions
    }

    private init(_ actions: [TraceAction]) {
        self.actions = actions
    }

    /// An arrival, a partial read, an arrival on top of old bytes, two arrivals between two waits, a rearming, and a last
    /// arrival of which half stays unread.
    public static let standard = TraceScript([
        .write(6), .wait, .read(2), .wait, .write(3), .wait, .read(4), .write(2), .write(2), .wait, .wait,
        .rearm, .wait, .drain, .wait, .write(5), .wait, .read(2), .wait,
    ])
}
