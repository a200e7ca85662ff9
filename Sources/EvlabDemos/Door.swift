internal import Multiplexing
internal import Readiness
internal import Sockets

/// A listener that is watched by a bare multiplexer: it takes a bounded number of connections a turn, and none for a while
/// when descriptors run out.
struct Door: ~Copyable {
    let address: SocketAddress
    private(set) var shed = 0
    /// When to accept again.
    private(set) var pausedUntil: MonotonicInstant?
    private var acceptor: Acceptor
    private let isEdge: Bool

    /// Starts to watch.
    init<Mux: Multiplexer & ~Copyable>(
        _ listener: consuming Socket,
        on multiplexer: inout Mux,
        trigger: Trigger = .level,
        token: Token
    ) throws(IOError) {
        let address = try listener.localAddress()
        let acceptor = try Acceptor(on: listener)
        try multiplexer.add(acceptor.socket, for: .readable, trigger: trigger, token: token)
        self.address = address
        self.acceptor = acceptor
        isEdge = trigger.isEdge
    }

    /// Takes those who wait, in the turn of the listener's event; ``settle(_:on:)`` comes next.
    mutating func accept(_ body: (consuming AcceptedSocket) -> Void) -> Acceptor.Outcome {
        acceptor.accept(body)
    }

    /// Makes sure that the next event of the listener comes when it should.
    mutating func settle<Mux: Multiplexer & ~Copyable>(
        _ outcome: Acceptor.Outcome,
        on multiplexer: inout Mux
    ) throws(IOError) {
        switch outcome {
        case .drained:
            return
        case .shed(let count):
            shed += count
            fallthrough
        case .budgetSpent:
            // An edge that was not followed to its end comes again only when asked for.
            if isEdge { try multiplexer.rearm(acceptor.socket) }
        case .pause(let duration, because: _):
            try multiplexer.rearm(acceptor.socket, for: [])
            pausedUntil = .now.advanced(by: duration)
        case .failed(let error):
            throw error
        }
    }

    /// Accepts again when a pause is over.
    mutating func resume<Mux: Multiplexer & ~Copyable>(on multiplexer: inout Mux) throws(IOError) {
        guard let time = pausedUntil, time <= .now else { return }
        pausedUntil = nil
        try multiplexer.rearm(acceptor.socket, for: .readable)
    }
}
