internal import CLinux
internal import Sockets

/// Runs a closure on a thread of its own.
final class BalanceThread {
    private let body: @Sendable () -> Void

    private init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(IOError) {
        let start = unsafe Unmanaged.passRetained(BalanceThread(body))
        let result = unsafe clinux_thread_start(name, run, start.toOpaque())
        if result < 0 { unsafe start.release() }
        try check("pthread_create", result)
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<BalanceThread>.fromOpaque(context).takeRetainedValue().body()
    }
}
