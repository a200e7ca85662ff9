internal import CLibevent
internal import Glibc
internal import Readiness
internal import Sockets
internal import SystemPackage

extension BufferEvent {
    func setCallbacks() {
        guard phase != .closed else { return }
        let needsWrite = drainHandler != nil || shutsWritingWhenSent || phase == .flushing
        unsafe bufferevent_setcb(
            raw,
            Self.readCallback,
            needsWrite ? Self.writeCallback : nil,
            Self.eventCallback,
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    // The base holds the stream until the callback is over, so that nothing needs to be counted here.

    private static let readCallback: bufferevent_data_cb = { _, context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<BufferEvent>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.didRead() }
    }

    private static let writeCallback: bufferevent_data_cb = { _, context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<BufferEvent>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.didWrite() }
    }

    private static let eventCallback: bufferevent_event_cb = { _, what, context in
        let code = errno
        guard let context = unsafe context else { return }
        unsafe Unmanaged<BufferEvent>.fromOpaque(context)._withUnsafeGuaranteedRef {
            $0.happened(CInt(what), errno: code)
        }
    }

    private func didRead() {
        let core = core
        core.enterCallback()
        if isOpen {
            callReadHandler()
            if timedDirections & EV_READ != 0 { restartTimeout(EV_READ) }
        } else if phase == .lingering {
            discardInput()
        }
        core.leaveCallback()
    }

    private func didWrite() {
        let core = core
        core.enterCallback()
        if phase == .flushing {
            if output.isEmpty { linger() }
        } else if shutsWritingWhenSent, output.isEmpty {
            shutsWritingWhenSent = false
            setCallbacks()
            try? socket.shutDown(.writing)
        }
        if isOpen, let drainHandler {
            call(drainHandler)
            if timedDirections & EV_WRITE != 0, isOpen, !output.isEmpty { restartTimeout(EV_WRITE) }
        }
        core.leaveCallback()
    }

    private func happened(_ what: CInt, errno code: CInt) {
        let core = core
        core.enterCallback()
        if what & BEV_EVENT_CONNECTED != 0 {
            didConnect()
        } else {
            didEnd(what, errno: code)
        }
        core.leaveCallback()
    }

    private func didConnect() {
        guard phase == .connecting else { return }
        do throws(IOError) {
            try socket.hasOtherPeer()
        } catch {
            return end(.failed(error))
        }
        phase = .open
        if isConnectedLate { applyTimeouts() }
        if wantsReading, unsafe bufferevent_enable(raw, Int16(EV_READ)) != 0 {
            return failed(IOError("bufferevent_enable", errno: Errno(rawValue: errno)))
        }
        if let connectHandler { call(connectHandler) }
        if timedDirections & EV_READ != 0 { restartTimeout(EV_READ) }
        if isOpen, shutsWritingWhenSent, output.isEmpty { try? finishWriting() }
    }

    private func didEnd(_ what: CInt, errno code: CInt) {
        let isReading = what & BEV_EVENT_READING != 0
        if what & BEV_EVENT_TIMEOUT != 0 {
            timedOut(isReading)
        } else if what & BEV_EVENT_EOF != 0 {
            isReading ? peerEnded() : writeNow()
        } else if isReading || phase == .connecting {
            fail(IOError(phase == .connecting ? "connect" : "readv", errno: Errno(rawValue: code)))
        } else {
            fail(.write(failedWith: -Int(code)))
        }
    }

    /// Ends the stream with an error. A stream that is closing calls no handler.
    private func fail(_ error: IOError) {
        isOpen ? end(.failed(error)) : finish()
    }

    private func peerEnded() {
        peerHasEnded = true
        guard isOpen else { return finish() }
        if !input.isEmpty { callReadHandler() }
        end(.endOfStream)
    }

    /// Libevent reports the time-out alone even where the descriptor became ready in the same turn.
    private func timedOut(_ isReading: Bool) {
        switch phase {
        case .connecting:
            // What became of the connection is told in the next turn, however late that is.
            guard !ReadyEvents(polling: number, for: .writable).isEmpty else {
                return fail(IOError("connect", .timedOut, errno: .timedOut))
            }
            isConnectedLate = true
            goOnWithoutTimeouts(Int16(EV_WRITE))
        case .open where !isReading:
            guard ReadyEvents(polling: number, for: .writable).isEmpty else { return writeNow() }
            end(.writeTimedOut)
        case .open:
            guard ReadyEvents(polling: number, for: .readable).isEmpty else { return readLate() }
            wantsReading = false
            end(.readTimedOut)
        case .flushing, .lingering: goOnWithoutTimeouts(Int16(isReading ? EV_READ : EV_WRITE))
        case .closed: break
        }
    }

    private func goOnWithoutTimeouts(_ direction: Int16) {
        unsafe bufferevent_set_timeouts(raw, nil, nil)
        if unsafe bufferevent_enable(raw, direction) != 0 { finish() }
    }

    /// Reads in libevent's place: with turns that take longer than the time-out, it would never come to it.
    private func readLate() {
        unsafe evbuffer_unfreeze(input.raw, 0)
        let count = unsafe evbuffer_read(input.raw, number, -1)
        let code = errno
        unsafe evbuffer_freeze(input.raw, 0)
        if count == 0 { return peerEnded() }
        if count < 0, code != EAGAIN, code != EINTR { return fail(IOError("readv", errno: Errno(rawValue: code))) }
        // An observer of the input may have ended the stream.
        guard isOpen else { return }
        if wantsReading, !readingIsPaused { unsafe bufferevent_enable(raw, Int16(EV_READ)) }
        // It asks the low-water mark.
        if count > 0 { unsafe bufferevent_trigger(raw, Int16(EV_READ), 0) }
    }

    /// Writes directly, because libevent has disabled writing: after a timeout that ran out while the loop was busy, and after
    /// `sendfile(2)` wrote nothing. Libevent reports the latter as the end of the stream, whether the socket was full or the
    /// file has become shorter than its segment.
    private func writeNow() {
        unsafe evbuffer_unfreeze(output.raw, 1)
        let result = unsafe clibevent_write(output.raw, number, -1)
        unsafe evbuffer_freeze(output.raw, 1)
        // An observer of the output may have ended the stream.
        guard phase != .closed else { return }
        guard result > 0 || result == -Int(EAGAIN) || output.isEmpty else { return fail(.write(failedWith: result)) }
        core.refreshClock()
        guard unsafe bufferevent_enable(raw, Int16(EV_WRITE)) == 0 else { return finish() }
        // It asks the drain watermark.
        if result > 0 { unsafe bufferevent_trigger(raw, Int16(EV_WRITE), 0) }
    }

    /// Restarts a timeout when a handler returns. Libevent starts it before the call, so the handler's own time would count.
    private func restartTimeout(_ direction: CInt) {
        guard phase == .open, unsafe bufferevent_get_enabled(raw) & Int16(direction) != 0 else { return }
        core.refreshClock()
        unsafe bufferevent_enable(raw, Int16(direction))
    }

    @inline(__always)
    private func callReadHandler() {
        do {
            switch readHandler {
            case .some(let handler): try handler.call(self)
            case nil: break
            }
        } catch {
            failed(error)
        }
    }

    private func call(_ handler: StreamHandler) {
        do {
            try handler(self)
        } catch {
            failed(error)
        }
    }

    private func failed(_ error: any Error) {
        if isOpen { end(.failed(IOError(thrownByHandler: error))) }
    }

    func end(_ reason: StreamEnd) {
        guard isOpen else { return }
        if case .failed = reason { hasFailed = true }
        guard let endHandler else {
            unhandledEnd = reason
            return close()
        }
        endHandler(self, reason)
        // A connection that failed does nothing more, so nobody would close it later.
        if hasFailed { finish() }
    }
}
