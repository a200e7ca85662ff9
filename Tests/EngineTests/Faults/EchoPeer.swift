import Readiness
import Sockets

/// Sends back what it is sent, on any engine: at most one read a call, so that one peer does not starve the others, and the
/// rest of a write when there is room.
final class EchoPeer<Engine: EventEngine> {
    private(set) var reads = 0
    private(set) var failures: [IOError] = []
    private(set) var hasEnded = false
    /// The most that waited to be written.
    private(set) var mostPending = 0
    private var pending: [UInt8] = []

    init(on engine: Engine, _ socket: consuming Socket, chunk: Int = 4096) throws {
        try engine.watch(socket, for: .readable) { [self] watch, _ in
            do throws(IOError) {
                try turn(watch, chunk)
            } catch {
                failures.append(error)
                watch.close()
            }
        }
    }

    private func turn(_ watch: Engine.Watch, _ chunk: Int) throws(IOError) {
        guard pending.isEmpty else { return try flush(watch) }
        var bytes = [UInt8](repeating: 0, count: chunk)
        var span = bytes.mutableSpan
        reads += 1
        switch try watch.socket.read(into: &span) {
        case .wouldBlock: return
        case .end:
            hasEnded = true
            return watch.close()
        case .bytes(let count):
            pending = Array(bytes.prefix(count))
            try flush(watch)
        }
    }

    private func flush(_ watch: Engine.Watch) throws(IOError) {
        let bytes = pending
        if case .bytes(let count) = try watch.socket.write(bytes.span) { pending.removeFirst(count) }
        mostPending = max(mostPending, pending.count)
        // Nothing is read while something waits: back-pressure.
        try watch.setInterest(pending.isEmpty ? .readable : .writable)
    }
}
