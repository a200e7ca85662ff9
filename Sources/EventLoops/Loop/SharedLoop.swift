internal import Readiness
internal import Sockets
internal import Synchronization

/// Keeps the loop of those who did not bring one, which never ends.
final class SharedLoop: Sendable {
    private static let shared = SharedLoop()

    private let loop = Mutex<EventLoop?>(nil)

    /// Started when first asked for; when that fails, for want of descriptors, the next who asks tries again.
    static func get() throws(IOError) -> EventLoop {
        try shared.get().get()
    }

    private func get() -> Result<EventLoop, IOError> {
        loop.withLock(of: self) { loop in
            if let loop { return .success(loop) }
            return Result { () throws(IOError) in
                let new = try EventLoop(name: "shared-loop")
                loop = new
                return new
            }
        }
    }
}
