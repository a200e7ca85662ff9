public import Readiness
public import Sockets
public import SystemPackage

extension Event: SocketWatch {
    /// The socket that the event owns or watches. Taken after a close, its calls throw `EBADF`, and reach nobody else's
    /// socket.
    @inlinable public var socket: SocketReference {
        @_lifetime(borrow self) get { SocketReference(FileDescriptor(rawValue: number), of: self) }
    }

    @inlinable
    public func setInterest(_ newInterest: Interest) throws(IOError) {
        if newInterest == interest, isAdded { return }
        try exchangeInterest(newInterest)
    }

    @usableFromInline
    func exchangeInterest(_ newInterest: Interest) throws(IOError) {
        core.checkThread()
        let timeout = timeoutToKeep
        if newInterest != interest { try change(to: newInterest) }
        guard !newInterest.isEmpty else { return letGoUnlessNeeded() }
        try add(timeout: timeout)
    }
}

extension Event {
    /// Removes the event and adds it again, so that the kernel is asked: an event that activated itself instead would keep
    /// the turn from ending. The C functions are `event_del` and `event_add`.
    public func reportAgain() throws(IOError) {
        guard !interest.isEmpty else { return }
        let timeout = timeoutToKeep
        remove()
        try add(timeout: timeout)
    }
}

extension Event: EngineRegistration {
    public func cancel() {
        close()
    }
}
