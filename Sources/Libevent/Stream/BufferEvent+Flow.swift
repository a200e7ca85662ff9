internal import CLibevent
internal import Glibc
public import Readiness
public import Sockets
internal import SystemPackage

extension BufferEvent {
    /// Starts to read, to write, or both. The C function is `bufferevent_enable`.
    ///
    /// - Throws: `closed`; `unsupported` for other interests.
    public func enable(_ interest: Interest) throws(IOError) {
        try checkFlow(interest, "bufferevent_enable")
        if interest.contains(.readable) { wantsReading = true }
        var events = Self.flags(interest)
        // Not before the connection stands, so that nothing is read before it is told.
        if readingIsPaused || peerHasEnded || phase == .connecting { events &= ~Int16(EV_READ) }
        guard events != 0 else { return }
        core.refreshClock()
        guard unsafe bufferevent_enable(raw, events) == 0 else {
            throw IOError("bufferevent_enable", errno: Errno(rawValue: errno))
        }
    }

    /// Stops to read, to write, or both, for the time being. The C function is `bufferevent_disable`.
    ///
    /// - Throws: `closed`; `unsupported` for other interests.
    public func disable(_ interest: Interest) throws(IOError) {
        try checkFlow(interest, "bufferevent_disable")
        if interest.contains(.readable) { wantsReading = false }
        unsafe bufferevent_disable(raw, Self.flags(interest))
    }

    private func checkFlow(_ interest: Interest, _ operation: IOError.Operation) throws(IOError) {
        try checkOpen(operation)
        core.leaveParent()
        guard interest.isSubset(of: [.readable, .writable]) else {
            throw IOError(
                operation,
                .unsupported,
                detail: "a stream reads and writes; use an Event for other interests"
            )
        }
    }

    private static func flags(_ interest: Interest) -> Int16 {
        Int16((interest.contains(.readable) ? EV_READ : 0) | (interest.contains(.writable) ? EV_WRITE : 0))
    }

    func checkOpen(_ operation: @autoclosure () -> IOError.Operation) throws(IOError) {
        core.checkThread()
        guard isOpen else { throw IOError(operation(), .closed, detail: "the stream was closed") }
    }

    /// Whether the stream was neither closed nor aborted.
    public var isOpen: Bool { phase == .open || phase == .connecting }

    /// When the read handler is called, and when reading rests.
    ///
    /// - Parameters:
    ///   - low: the fewest bytes to call back for; the rest is delivered at the end of the stream whatever its size.
    ///   - high: reading rests while ``input`` holds this many bytes or more, and goes on when fewer are left; at most
    ///     4,096 bytes more than this arrive. `nil` for no limit.
    /// - Throws: `outOfRange` for a negative mark, or a high one that is not above the low one; `closed`.
    public func setReadWatermarks(low: Int = 0, high: Int? = nil) throws(IOError) {
        try checkOpen("bufferevent_setwatermark")
        guard low >= 0, high.map({ $0 > low }) ?? true else {
            throw IOError(
                "bufferevent_setwatermark",
                .outOfRange,
                detail: "a low mark of \(low) and a high one of \(high ?? 0): use 0 <= low < high"
            )
        }
        // Libevent's own high mark makes the loop spin while the handler leaves the input as it is.
        unsafe bufferevent_setwatermark(raw, Int16(EV_READ), low, 0)
        highWater = high ?? Int.max
        if high != nil, inputObserver == nil {
            inputObserver = try input.onSizeChange { [unowned self] _, _ in matchReadingToInput() }
        }
        matchReadingToInput()
    }

    /// The drain handler is called when ``output`` holds this many bytes or fewer.
    ///
    /// - Throws: `outOfRange` for a negative mark; `closed`.
    public func setDrainWatermark(_ low: Int) throws(IOError) {
        try checkOpen("bufferevent_setwatermark")
        guard low >= 0 else {
            throw IOError("bufferevent_setwatermark", .outOfRange, detail: "a mark of \(low); use zero or more")
        }
        unsafe bufferevent_setwatermark(raw, Int16(EV_WRITE), low, 0)
    }

    private func matchReadingToInput() {
        let isFull = input.count >= highWater
        guard isFull != readingIsPaused, isOpen else { return }
        readingIsPaused = isFull
        if isFull {
            unsafe bufferevent_disable(raw, Int16(EV_READ))
        } else if wantsReading, !peerHasEnded {
            core.refreshClock()
            unsafe bufferevent_enable(raw, Int16(EV_READ))
        }
    }

    /// How long nothing may be read, or nothing written although there is something to write. The C function is
    /// `bufferevent_set_timeouts`.
    ///
    /// `reading` counts while reading is enabled, from this call, from ``enable(_:)``, and from the return of each read
    /// handler. It counts while only writing goes on, too: disable reading, or pass `nil`, while a long answer is sent.
    /// `writing` counts while bytes are queued, from the call that queues the first one and from each progress; while the
    /// connection is being made it limits that. The time that the stream's own handlers take does not count, and what
    /// became ready while the loop was busy is read or written, not timed out.
    ///
    /// - Parameters:
    ///   - reading: more than zero; more than a century counts as a century. `nil` for no limit, also where there was one.
    ///   - writing: the same.
    /// - Throws: `outOfRange` for timeouts that are not positive; `closed`.
    public func setTimeouts(reading: Duration? = nil, writing: Duration? = nil) throws(IOError) {
        try checkOpen("bufferevent_set_timeouts")
        for timeout in [reading, writing].compactMap(\.self) where timeout <= .zero {
            throw IOError(
                "bufferevent_set_timeouts",
                .outOfRange,
                detail: "a timeout of \(timeout); use more than zero, or nil"
            )
        }
        let (read, write) = (try timeval(reading ?? .zero), try timeval(writing ?? .zero))
        (readTimeout, writeTimeout) = (read, write)
        timedDirections = (reading == nil ? 0 : EV_READ) | (writing == nil ? 0 : EV_WRITE)
        applyTimeouts()
    }

    func applyTimeouts() {
        core.refreshClock()
        // Zero means none, to libevent too.
        var (read, write) = (readTimeout, writeTimeout)
        unsafe bufferevent_set_timeouts(raw, &read, &write)
    }

    /// 0, the most urgent, to one less than the base has. The C functions are `bufferevent_priority_set` and
    /// `bufferevent_get_priority`.
    public var priority: Int { unsafe phase == .closed ? 0 : Int(bufferevent_get_priority(raw)) }

    /// - Throws: `outOfRange`; `busy` while a callback of the stream is due; `closed`.
    public func setPriority(_ priority: Int) throws(IOError) {
        try checkOpen("bufferevent_priority_set")
        try core.checkPriority(priority, "bufferevent_priority_set")
        guard unsafe bufferevent_priority_set(raw, CInt(priority)) == 0 else {
            throw IOError("bufferevent_priority_set", .busy, detail: "a callback is due")
        }
    }
}
