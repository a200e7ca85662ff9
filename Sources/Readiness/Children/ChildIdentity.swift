internal import CLinux
internal import Glibc
internal import Sockets

/// A process of ours that was not waited for: until then its number is nobody else's. At the end of this it is gone.
struct ChildIdentity: ~Copyable, Sendable {
    let number: pid_t
    private var status: ProgramEnd?

    init(number: pid_t) {
        self.number = number
    }

    deinit {
        guard status == nil, clinux_kill_child(number, SIGKILL) == 0 else { return }
        _ = clinux_wait_child(number)
    }

    mutating func exitStatus() -> ProgramEnd? {
        if let status { return status }
        var code: CInt = 0
        switch unsafe clinux_try_wait_child(number, &code) {
        case 0: return nil
        case 1: status = code >= 0 ? .exited(code) : .killed(Signal(rawValue: -code))
        default: status = .unknown
        }
        return status
    }

    func send(_ signal: Signal) throws(IOError) {
        guard status == nil else { return }
        let result = clinux_kill_child(number, signal.rawValue)
        // It has ended.
        guard result != -ECHILD, result != -ESRCH else { return }
        try check("kill", result)
    }
}
