public import Readiness
public import Sockets

/// Answers datagrams on an engine, each with one datagram or none, until it is closed.
public final class DatagramServer<Engine: EventEngine> {
    /// What is sent back.
    enum Answer {
        /// The very bytes that came.
        case same
        case bytes([UInt8])
        case nothing
    }

    /// The most bytes that UDP over IPv4 can carry in a datagram.
    public static var largest: Int { 65_507 }
    /// So that a flood of datagrams does not keep the connections waiting.
    private static var mostPerTurn: Int { 64 }

    public private(set) var totals = DatagramTotals()
    private let buffer = ReadBuffer(capacity: DatagramServer.largest)
    private let answer: (Span<UInt8>) -> Answer
    private let ownPort: UInt16?
    private var watch: Engine.Watch?
    private var signals: [Engine.Registration] = []

    /// Sends each datagram back to whoever sent it, exactly as it came, until it is closed or SIGINT or SIGTERM comes.
    ///
    /// - Throws: `outOfRange` for a descriptor that the engine's method cannot take, `closed`.
    public convenience init(echoOn engine: Engine, adopting socket: consuming Socket) throws(IOError) {
        try self.init(on: engine, adopting: socket) { _ in .same }
        for signal in [Signal.interrupt, .terminate] {
            signals.append(try engine.onSignal(signal) { [unowned self] _ in close() })
        }
    }

    init(
        on engine: Engine,
        adopting socket: consuming Socket,
        _ answer: @escaping (Span<UInt8>) -> Answer
    ) throws(IOError) {
        self.answer = answer
        ownPort = try socket.localAddress().port
        // The engine keeps the watch, and the watch keeps the server.
        watch = try engine.watch(socket, for: .readable) { [self] watch, _ in serve(watch) }
    }

    /// Stops serving. A second call does nothing.
    public func close() {
        watch.take()?.close()
        for signal in signals { signal.cancel() }
        signals = []
    }

    private func serve(_ watch: Engine.Watch) {
        for _ in 0..<Self.mostPerTurn {
            do throws(IOError) {
                guard try serveOne(watch) else { return }
            } catch {
                // An error of the network over an earlier answer, for example. The socket lives on.
                totals.lost += 1
            }
        }
    }

    /// Whether there was one.
    private func serveOne(_ watch: Engine.Watch) throws(IOError) -> Bool {
        try buffer.lend { (room: inout MutableSpan<UInt8>) throws(IOError) in
            guard let datagram = try watch.socket.receive(into: &room) else { return false }
            totals.received += 1
            guard !datagram.isTruncated else {
                totals.truncated += 1
                return true
            }
            guard let sender = datagram.sender, !answersEverything(sender) else { return true }
            let bytes = room.span.extracting(first: datagram.count)
            let outcome: WriteOutcome
            switch answer(bytes) {
            case .nothing: return true
            case .same: outcome = try watch.socket.send(bytes, to: sender)
            case .bytes(let answer): outcome = try watch.socket.send(answer.span, to: sender)
            }
            if outcome == .wouldBlock { totals.lost += 1 } else { totals.answered += 1 }
            return true
        }
    }

    /// Whether the sender is a service like this one. With a forged sender two of them would answer each other for ever.
    private func answersEverything(_ sender: SocketAddress) -> Bool {
        guard let port = sender.port else { return false }
        return port == ownPort || [7, 13, 17, 19, 37].contains(port)
    }
}
