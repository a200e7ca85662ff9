/// A callback for the size changes of a buffer; the buffer keeps it until it is cancelled.
public final class SizeObserver {
    let handler: (EventBuffer, SizeChange) -> Void
    private(set) weak var buffer: EventBuffer?
    private(set) var isCancelled = false

    init(of buffer: EventBuffer, _ handler: @escaping (EventBuffer, SizeChange) -> Void) {
        self.buffer = buffer
        self.handler = handler
    }

    /// The buffer is gone, or watched no more.
    func end() {
        isCancelled = true
    }

    /// No call back from here on. Safe inside any callback; a second call does nothing.
    public func cancel() {
        guard !isCancelled else { return }
        isCancelled = true
        buffer?.forget(self)
    }
}
