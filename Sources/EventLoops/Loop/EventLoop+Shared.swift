internal import Sockets

extension EventLoop {
    /// The loop of those who did not bring one. It never ends.
    static let shared: Swift.Result<EventLoop, IOError> = Swift.Result { () throws(IOError) in
        try EventLoop(name: "shared-loop")
    }
}
