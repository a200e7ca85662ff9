public import Readiness
public import Sockets
internal import SystemPackage

extension Event: SocketWatch {
    /// The socket that the event owns or watches. After a close its calls throw `EBADF`, and reach nobody else's socket.
    public var socket: SocketReference {
        @_lifetime(borrow self) get {
            SocketReference(fileDescriptor ?? FileDescriptor(rawValue: -1), of: self)
        }
    }

    public func setInterest(_ newInterest: Interest) throws(IOError) {
        core.checkThread()
        if newInterest == interest, isWatching { return }
        if newInterest != interest { try change(to: newInterest) }
        guard !newInterest.isEmpty else { return }
        try add()
    }
}

extension Event: EngineRegistration {
    public func cancel() {
        close()
    }
}
