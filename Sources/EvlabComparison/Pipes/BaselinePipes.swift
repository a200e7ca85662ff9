internal import CBaselines
internal import Sockets
internal import SystemPackage

/// The pipe workloads in plain C.
@safe
final class BaselinePipes: PipeRounds {
    private let pipes: OpaquePointer
    private(set) var sum = 0

    /// - Parameter method: libevent's; `nil` is the kernel's epoll without libevent.
    init(pairs: Int, isWatched: Bool, method: String?) throws(IOError) {
        var pipes: OpaquePointer?
        let result = unsafe withOptionalCString(method) {
            unsafe cbaseline_pipes_open(&pipes, CInt(clamping: pairs), $0, isWatched ? 1 : 0)
        }
        guard result == 0, let pipes = unsafe pipes else {
            throw IOError("pipes", errno: Errno(rawValue: -result))
        }
        unsafe self.pipes = pipes
    }

    deinit {
        unsafe cbaseline_pipes_close(pipes)
    }

    func run(active: Int, writes: Int) throws(IOError) -> Int {
        var added: Int64 = 0
        let bytes = unsafe cbaseline_pipes_run(pipes, CInt(clamping: active), CInt(clamping: writes), &added)
        return try taken(bytes, added)
    }

    func cascade() throws(IOError) -> Int {
        var added: Int64 = 0
        let bytes = unsafe cbaseline_pipes_cascade(pipes, &added)
        return try taken(bytes, added)
    }

    private func taken(_ bytes: Int64, _ added: Int64) throws(IOError) -> Int {
        guard bytes >= 0 else { throw IOError("pipes", errno: Errno(rawValue: CInt(clamping: -bytes))) }
        sum += Int(added)
        return Int(bytes)
    }
}

/// Lends a string to C, which sees a null pointer where there is none.
public func withOptionalCString<Result>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let string else { return body(nil) }
    return unsafe string.withCString(body)
}
