public import Libevent
internal import Readiness
public import Sockets

/// Echo on libevent's bufferevents: libevent reads and writes, the handlers only move what has arrived to what is to be
/// sent. Moving takes over whole blocks of memory; no byte is copied.
///
/// It serves until SIGINT or SIGTERM, then drains for at most `grace`; a second signal ends it at once. From
/// `whenReady` on, clients can connect and signals are heeded.
public func serveEcho(
    onBufferEvents base: EventBase,
    listener: consuming Socket,
    grace: Duration = .seconds(2),
    whenReady: () -> Void = {}
) throws(IOError) -> EchoTotals {
    let server = BufferEventEchoServer(on: base, grace)
    let listener = try ConnectionListener(on: base, adopting: listener) { socket, _ in
        try server.serve(socket)
    }
    try server.end.onSignal(listener.close)
    defer { server.end.cancel() }
    whenReady()
    try base.run()
    server.totals.shed = listener.shedConnections
    return server.totals
}

private final class BufferEventEchoServer {
    /// A client that does not read its answers is not read from while this much waits for it.
    static let mostUnsent = 256 * 1024

    private unowned let base: EventBase
    let end: GracefulEnd<EventBase>
    var totals = EchoTotals()

    init(on base: EventBase, _ grace: Duration) {
        self.base = base
        end = GracefulEnd(base, grace: grace)
    }

    func serve(_ socket: consuming Socket) throws(IOError) {
        let stream = try BufferEvent(adopting: socket, on: base)
        totals.connections += 1
        end.connectionOpened()
        stream.onRead { [self] stream in
            totals.bytes += stream.input.count
            try stream.output.move(from: stream.input)
            guard stream.output.count > Self.mostUnsent else { return }
            try stream.disable(.readable)
            stream.onDrain { stream in try stream.enable(.readable) }
        }
        stream.onEnd { [self] stream, reason in
            guard reason == .endOfStream, !stream.output.isEmpty else { return close(stream) }
            // It gets everything back before it counts as served.
            stream.onDrain { [self] stream in close(stream) }
        }
        try stream.enable(.readable)
    }

    private func close(_ stream: BufferEvent) {
        stream.close()
        end.connectionClosed()
    }
}
