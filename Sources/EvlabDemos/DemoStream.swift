internal import Readiness
internal import Sockets

/// A connection of a demonstration: what comes is handed on, what the peer does not take at once waits in a queue.
///
/// Its engine keeps it until it is closed; its server's end closes it at the latest. Level-triggered, and one read a turn, so
/// that nobody starves.
final class DemoStream<Engine: EventEngine> {
    /// What its owner does when something happens on it. All are dropped at the close.
    struct Handlers {
        /// Bytes came. They are gone after the call.
        var bytes: ((DemoStream, Span<UInt8>) -> Void)?
        /// The peer sends no more; it may still read.
        var end: ((DemoStream) -> Void)?
        /// There is room and nothing waits: for whoever always has something to send.
        var room: ((DemoStream) -> Void)?
        /// It was closed, by whomever; called once.
        var closed: ((DemoStream) -> Void)?
    }

    let peer: SocketAddress?
    private unowned let engine: Engine
    private unowned let end: GracefulEnd<Engine>
    private let buffer: ReadBuffer
    private let pausesWhileWriting: Bool
    private var handlers = Handlers()
    private var watch: Engine.Watch?
    private var outbox = Outbox()
    private var graceEnd: Engine.Registration?
    private var peerHasEnded = false
    private var hasShutWriting = false
    /// Nothing more is sent than what waits.
    private(set) var isFinishing = false

    /// - Parameters:
    ///   - end: waits for it, and closes it when it has waited long enough.
    ///   - buffer: what is read into; streams of one engine may share one.
    ///   - pausesWhileWriting: whether nothing is read while something waits to be written, so that a peer that does not
    ///     read cannot make the queue grow.
    /// - Throws: `outOfRange` for a descriptor that the method cannot take.
    init(
        on engine: Engine,
        adopting socket: consuming Socket,
        from peer: SocketAddress?,
        end: GracefulEnd<Engine>,
        buffer: ReadBuffer,
        pausesWhileWriting: Bool = false
    ) throws(IOError) {
        self.engine = engine
        self.peer = peer
        self.end = end
        self.buffer = buffer
        self.pausesWhileWriting = pausesWhileWriting
        // The engine keeps the watch, and the watch keeps the stream.
        watch = try engine.watch(socket, for: .readable) { [self] _, ready in advance(ready) }
        end.opened(self)
    }

    /// Sets what is called from the next turn on.
    func start(_ handlers: Handlers) {
        self.handlers = handlers
        updateInterest()
    }

    var isOpen: Bool { watch != nil }

    /// Bytes that wait for the peer to take them.
    var queued: Int { outbox.count }

    /// Puts bytes behind those that wait; ``flush()`` sends them.
    func queue(_ text: String) {
        guard isOpen, !isFinishing else { return }
        outbox.append(text)
    }

    /// Sends bytes after those that wait.
    func send(_ bytes: Span<UInt8>) {
        guard isOpen, !isFinishing else { return }
        outbox.append(bytes)
        flush()
    }

    /// Sends what the peer takes of what waits.
    func flush() {
        guard let watch, !outbox.isEmpty || isFinishing else { return }
        do throws(IOError) {
            _ = try outbox.flush(to: watch.socket)
            if isFinishing, outbox.isEmpty, !hasShutWriting {
                hasShutWriting = true
                try watch.socket.shutDown(.writing)
            }
        } catch {
            return close()
        }
        if isFinishing, outbox.isEmpty, peerHasEnded { return close() }
        updateInterest()
    }

    /// Sends what waits, and then nothing more: closes when the peer has taken it and has ended too, or has had as long for it
    /// as the server's end may take. A close without that wait would make the kernel reset the connection if the peer has sent
    /// anything since, and the last bytes would be lost.
    func finish() {
        guard isOpen, !isFinishing else { return }
        isFinishing = true
        do throws(IOError) {
            graceEnd = try engine.schedule(after: end.grace) { [weak self] _ in self?.close() }
        } catch {
            return close()
        }
        flush()
    }

    /// Sends a last word instead of what waits, but for the line that may be under way; then as ``finish()``.
    func finish(saying text: String) {
        guard isOpen, !isFinishing else { return }
        outbox.dropAfterFirstLine()
        outbox.append(text)
        finish()
    }

    /// Closes at once. A second call does nothing.
    func close() {
        guard let watch = watch.take() else { return }
        watch.close()
        graceEnd.take()?.cancel()
        outbox = Outbox()
        let closed = handlers.closed
        handlers = Handlers()
        closed?(self)
        end.closed(self)
    }

    private func advance(_ ready: ReadyEvents) {
        // A hang-up or an error shows in the read or the write that is due.
        let isOver = !ready.isDisjoint(with: [.hangUp, .error])
        if isOver, peerHasEnded, outbox.isEmpty { return close() }
        if !outbox.isEmpty, isOver || ready.contains(.writable) {
            flush()
        } else if ready.contains(.writable) {
            handlers.room?(self)
        }
        // Read before the end is believed: the last bytes and the end often come together.
        if !peerHasEnded, isOver || ready.contains(.readable) { read() }
    }

    private func read() {
        guard let watch else { return }
        do throws(IOError) {
            let outcome = try buffer.lend { (room: inout MutableSpan<UInt8>) throws(IOError) in
                let outcome = try watch.socket.read(into: &room)
                // What comes from somebody who is on the way out is of no use to anybody.
                if case .bytes(let count) = outcome, !isFinishing {
                    handlers.bytes?(self, room.span.extracting(first: count))
                }
                return outcome
            }
            if outcome == .end { peerEnded() }
        } catch {
            // A reset, for example. It matters to nobody but this peer.
            close()
        }
    }

    private func peerEnded() {
        peerHasEnded = true
        if isFinishing { return flush() }
        updateInterest()
        handlers.end?(self)
    }

    private func updateInterest() {
        guard let watch else { return }
        var interest: Interest = []
        if !peerHasEnded, outbox.isEmpty || !pausesWhileWriting || isFinishing { interest.insert(.readable) }
        // Asked for only while it is needed, for there is room nearly always.
        if !outbox.isEmpty || (handlers.room != nil && !isFinishing) { interest.insert(.writable) }
        do throws(IOError) {
            try watch.setInterest(interest)
        } catch {
            close()
        }
    }
}
