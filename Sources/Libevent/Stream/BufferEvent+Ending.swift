internal import CLibevent
internal import Readiness
public import Sockets

extension BufferEvent {
    /// Tells the peer that no more will be sent, once what is in ``output`` has been. Reading goes on.
    ///
    /// - Throws: `closed`; `notConnected` and others of `shutdown(2)` when it can be done at once.
    public func finishWriting() throws(IOError) {
        try checkOpen("shutdown")
        guard phase == .open, output.isEmpty else {
            shutsWritingWhenSent = true
            setCallbacks()
            return
        }
        try socket.shutDown(.writing)
    }

    /// Sends what is left, waits for the peer to end too, and closes.
    ///
    /// The stream also closes when `limit` has passed or the rest cannot be sent. Over TCP the peer then reads a reset, so that
    /// it does not mistake a part of the output for all of it; a unix socket has no reset. The stream calls no handler after
    /// this call. A second call does nothing.
    ///
    /// - Parameter limit: counts from this call; at zero or less, what is left is not sent.
    public func close(within limit: Duration = .seconds(5)) {
        core.checkThread()
        guard isOpen else { return }
        let hasNothingToSend = phase == .connecting && output.isEmpty
        guard !hasFailed, !hasNothingToSend, limit > .zero else { return finish() }
        phase = .flushing
        core.leaveParent()
        inputObserver?.cancel()
        inputObserver = nil
        setCallbacks()
        // From here on the limit counts.
        unsafe bufferevent_set_timeouts(raw, nil, nil)
        unsafe bufferevent_setwatermark(raw, Int16(EV_WRITE), 0, 0)
        unsafe bufferevent_disable(raw, Int16(EV_READ))
        unsafe bufferevent_enable(raw, Int16(EV_WRITE))
        if output.isEmpty { linger() }
        guard phase != .closed else { return }
        startDeadline(limit)
    }

    /// Closes at once. Output that was not sent is lost, and over TCP the peer then reads a reset. The stream calls no handler
    /// after this call.
    public func abort() {
        core.checkThread()
        finish()
    }

    func finish() {
        guard phase != .closed else { return }
        let cutsOutput = phase != .connecting && !output.isEmpty
        phase = .closed
        core.leaveParent()
        unsafe bufferevent_setcb(raw, nil, nil, nil, nil)
        // The events go first: a close with a callback of libevent's under way would leave them on a dead descriptor, whose
        // number may soon be another's. While it connects, disabling leaves the one for writing; a new descriptor does not.
        unsafe bufferevent_disable(raw, Int16(EV_READ | EV_WRITE))
        unsafe bufferevent_setfd(raw, -1)
        inputObserver = nil
        input.invalidate()
        output.invalidate()
        unsafe bufferevent_free(raw)
        // An orderly end would tell the peer that it has everything.
        if cutsOutput { try? socket.set(.linger, to: .seconds(0)) }
        number = -1
        socketOwner.take()?.close()
        deadline?.close()
        deadline = nil
        core.retire(self)
        core.forget(self)
    }

    func baseIsClosing() {
        finish()
    }

    func startDeadline(_ limit: Duration) {
        do throws(IOError) {
            let event = try Event(core, timer: { [unowned self] _, _ in finish() })
            try event.add(timeout: limit)
            deadline = event
        } catch {
            finish()
        }
    }

    /// Everything is sent. Unread input would make the close a reset, which can take from the peer what it has not read
    /// yet: so the end is announced, and what still comes is dropped until the peer ends too.
    func linger() {
        guard !peerHasEnded, (try? socket.shutDown(.writing)) != nil else { return finish() }
        phase = .lingering
        discardInput()
        unsafe bufferevent_setwatermark(raw, Int16(EV_READ), 0, 0)
        unsafe bufferevent_enable(raw, Int16(EV_READ))
    }

    func discardInput() {
        try? input.drain(input.count)
    }
}
