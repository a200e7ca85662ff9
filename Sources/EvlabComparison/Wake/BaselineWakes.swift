internal import CBaselines
internal import Sockets
internal import SystemPackage

/// The wake workload in plain C.
@safe
final class BaselineWakes: WakeRounds {
    private let wake: OpaquePointer

    /// - Parameter method: libevent's; `nil` is the kernel's epoll without libevent.
    init(method: String?) throws(IOError) {
        var wake: OpaquePointer?
        let result = unsafe withOptionalCString(method) { unsafe cbaseline_wake_open(&wake, $0) }
        guard result == 0, let wake = unsafe wake else {
            throw IOError("wake", errno: Errno(rawValue: -result))
        }
        unsafe self.wake = wake
    }

    deinit {
        unsafe cbaseline_wake_close(wake)
    }

    func run(_ count: Int) throws(IOError) -> Int {
        let woken = unsafe cbaseline_wake_run(wake, CInt(clamping: count))
        guard woken >= 0 else { throw IOError("wake", errno: Errno(rawValue: CInt(clamping: -woken))) }
        return Int(woken)
    }
}
