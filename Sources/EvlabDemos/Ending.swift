internal import Multiplexing
internal import Readiness
internal import Sockets

/// How a server on a bare multiplexer ends, as ``GracefulEnd`` does it for one on a loop: the first SIGINT or SIGTERM stops
/// the accepting, those who are there are served for the grace at most, and a second signal ends it at once.
struct Ending: ~Copyable {
    /// The token of signals: it is out of the way of a `TokenTable`'s.
    static let token = Token(rawValue: .max)

    /// To be watched as ``token``.
    let signals: SignalMailbox
    private let grace: Duration
    /// When those who are still there are given up.
    private(set) var deadline: MonotonicInstant?
    private var isInterrupted = false

    init(grace: Duration) throws(IOError) {
        let signals = try SignalMailbox()
        try signals.subscribe(to: .interrupt)
        try signals.subscribe(to: .terminate)
        self.signals = signals
        self.grace = grace
    }

    /// Called at the event of ``token``.
    mutating func heed() {
        guard !signals.take().isEmpty else { return }
        isInterrupted = deadline != nil
        if deadline == nil { deadline = .now.advanced(by: grace) }
    }

    var hasBegun: Bool { deadline != nil }

    /// - Parameter connections: how many are still there.
    func isOver(_ connections: Int) -> Bool {
        guard let deadline else { return false }
        return isInterrupted || connections == 0 || deadline <= .now
    }
}
