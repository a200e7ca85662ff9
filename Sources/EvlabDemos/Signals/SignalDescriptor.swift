internal import CLinux
internal import Readiness
internal import Sockets

/// Signals as a descriptor (`signalfd(2)`). While it lives the signals are blocked in the thread that made it, if at all.
struct SignalDescriptor: ~Copyable {
    private let bits: UInt
    private let isBlocking: Bool

    /// - Parameter isBlocking: whether the thread blocks the signals, without which they never get here. It must be the only
    ///   thread, or all must block them.
    init(of signals: [Signal], isBlocking: Bool) throws(IOError) {
        bits = signals.reduce(0) { $0 | 1 << UInt($1.rawValue - 1) }
        self.isBlocking = isBlocking
        if isBlocking { try check("pthread_sigmask", clinux_block_signals(bits)) }
    }

    deinit {
        // What comes from now on has its usual effect again.
        if isBlocking { _ = clinux_unblock_signals(bits) }
    }

    /// A descriptor to be watched.
    func open() throws(IOError) -> Descriptor {
        Descriptor(number: try checked("signalfd", clinux_signalfd(bits)))
    }
}
