internal import Libevent
internal import Multiplexing
public import Readiness
public import Sockets

/// The servers of udp and fanout. One source, compiled for the two engines that are compared, so that no call goes through a
/// table.
public enum EngineServers {
    /// Serves until SIGINT or SIGTERM. `announce` is called once it does.
    ///
    /// - Throws: what the engine throws.
    @specialized(where Engine == EventBase)
    @specialized(where Engine == Reactor<Epoll>)
    public static func serve<Engine: EventEngine>(
        _ workload: Workload,
        on engine: Engine,
        _ socket: consuming Socket,
        announce: () -> Void
    ) throws(IOError) {
        for signal in [Signal.interrupt, .terminate] {
            try engine.onSignal(signal) { [unowned engine] _ in engine.stop() }
        }
        if workload == .udp {
            try echoDatagrams(on: engine, socket)
            announce()
            try engine.run(.untilStopped)
        } else {
            let fanout = Fanout(on: engine)
            let listener = try Listener(on: engine, adopting: socket) { socket, _ in try fanout.enter(socket) }
            announce()
            try engine.run(.untilStopped)
            listener.close()
        }
    }

    /// The most datagrams that are answered before others have their turn.
    private static let datagramsPerTurn = 16

    private static func echoDatagrams<Engine: EventEngine>(
        on engine: Engine,
        _ socket: consuming Socket
    ) throws(IOError) {
        let buffer = ReadBuffer()
        try engine.watch(socket, for: .readable) { watch, _ in
            for _ in 0..<datagramsPerTurn where !answer(watch, buffer) { return }
        }
    }

    /// Whether there was a datagram to be answered.
    private static func answer(_ watch: some SocketWatch, _ buffer: ReadBuffer) -> Bool {
        do throws(IOError) {
            return try buffer.lend { (bytes: inout MutableSpan<UInt8>) throws(IOError) in
                guard let datagram = try watch.socket.receive(into: &bytes) else { return false }
                guard let sender = datagram.sender else { return true }
                _ = try watch.socket.send(bytes.span.extracting(first: datagram.count), to: sender)
                return true
            }
        } catch {
            // Somebody to whom an earlier answer went has gone; the others have not.
            return true
        }
    }
}
