internal import CLibevent
public import Sockets

extension EventBuffer {
    /// Calls `handler` after each change of the number of bytes, directly after the change and on the same thread; what
    /// a stream reads and writes counts too. The C function is `evbuffer_add_cb`.
    ///
    /// `handler` may change the buffer: that is reported to all observers when the current report is done, several
    /// changes as one. A hundred such rounds follow each other at most; what is left then is part of the next report.
    ///
    /// - Returns: the observer, to cancel; it need not be kept.
    /// - Throws: `closed`, `noMemory`, `busy` in a release closure.
    @discardableResult
    public func onSizeChange(_ handler: @escaping (EventBuffer, SizeChange) -> Void) throws(IOError) -> SizeObserver {
        try check("evbuffer_add_cb", Block.closed)
        try startWatching()
        let observer = SizeObserver(of: self, handler)
        watch.observers.append(observer)
        return observer
    }

    private func startWatching() throws(IOError) {
        if let entry = unsafe watch.entry {
            unsafe evbuffer_cb_set_flags(raw, entry, UInt32(EVBUFFER_CB_ENABLED))
            return
        }
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe watch.entry = evbuffer_add_cb(raw, Self.sizeChanged, context)
        if unsafe watch.entry == nil { throw IOError("evbuffer_add_cb", .noMemory) }
    }

    // The entry is only disabled: libevent may be walking its list of callbacks, and frees it with the buffer.
    func stopWatching() {
        // A report may be under way, over a list of its own.
        for observer in watch.observers { observer.end() }
        watch.observers = []
        guard let entry = unsafe watch.entry else { return }
        unsafe evbuffer_cb_clear_flags(raw, entry, UInt32(EVBUFFER_CB_ENABLED))
    }

    func forget(_ observer: SizeObserver) {
        watch.observers.removeAll { $0 === observer }
        if watch.observers.isEmpty, state & Block.closed == 0 { stopWatching() }
    }

    private static let sizeChanged: evbuffer_cb_func = { (_, info, context) in
        guard let info = unsafe info?.pointee, let context = unsafe context else { return }
        let buffer = unsafe Unmanaged<EventBuffer>.fromOpaque(context).takeUnretainedValue()
        let change = SizeChange(
            before: info.orig_size,
            added: info.n_added,
            removed: info.n_deleted
        )
        buffer.watch.pending = merged(buffer.watch.pending, change)
        buffer.report()
    }

    /// Tells the observers of what is pending, unless a report is being made already.
    func report() {
        guard watch.pending != nil, !watch.isReporting else { return }
        watch.isReporting = true
        for _ in 0..<100 {
            guard let change = watch.pending.take() else { break }
            for observer in watch.observers where !observer.isCancelled { observer.handler(self, change) }
        }
        watch.isReporting = false
    }

    private static func merged(_ earlier: SizeChange?, _ later: SizeChange) -> SizeChange {
        guard let earlier else { return later }
        return SizeChange(
            before: earlier.before,
            added: earlier.added + later.added,
            removed: earlier.removed + later.removed
        )
    }
}
